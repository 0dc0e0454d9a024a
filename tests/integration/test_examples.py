"""The stories, from model to contract on the embedded devnet: each acts on the proved answer, and on nothing else."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from tests.support.examples import EXAMPLES, load
from zkchain.chain.devnet import stop_devnet
from zkchain.chain.signer import dev_signer
from zkchain.circuit.bundle import load_bundle
from zkchain.config import read_config
from zkchain.errors import TransactionReverted
from zkchain.pipeline.compile import compile_model
from zkchain.pipeline.engine import make_engine
from zkchain.pipeline.prove import prove_input
from zkchain.pipeline.verify import verify_with_bundle

#: Story, the last line it prints, the method of its consumer, and what a second use of an answer is refused with.
STORIES = {
    "health_triage": ("queues:   1 urgent, 0 routine", "route", "AlreadyConsumed"),
    "credit_scoring": ("may draw 10000", "open", "LineIsOpen"),
    "sensor_anomaly": ("switch:   tripped", "report", "AlreadyConsumed"),
}


@pytest.fixture(scope="module")
def workdir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stories")
    patch = pytest.MonkeyPatch()
    patch.setenv("ZKCHAIN_HOME", str(folder / "home"))
    patch.delenv("ZKCHAIN_PRIVATE_KEY", raising=False)
    yield folder
    stop_devnet(read_config().home)
    patch.undo()


@pytest.fixture
def start(workdir):
    """Starts a story: a fresh consumer; the bundle and the gateway are those of the runs before."""
    return lambda name: load(name, "story").start(workdir / name)


def held_out_input(name, label, folder):
    """An input file with the first held-out row of this label on which the model agrees."""
    train, networks = load(name, "train"), sys.modules["networks"]
    _, rows, _, labels = train.data()
    model = (EXAMPLES / name / "model.onnx").read_bytes()
    threshold = json.loads((EXAMPLES / name / "about.json").read_text())["threshold"]
    right = (networks.decide(networks.answers(model, rows), threshold) == label) & (labels == label)
    path = folder / f"{name}-{label}.json"
    path.write_text(json.dumps({train.INPUTS: [rows[right][0].tolist()]}))
    return path


def recorded(story, input_path):
    proved = story.prove(input_path)
    story.submit(proved)
    return proved


@pytest.mark.parametrize(
    "name",
    [
        "credit_scoring",
        *(pytest.param(name, marks=pytest.mark.slow) for name in sorted({*STORIES} - {"credit_scoring"})),
    ],
)
def test_a_story_run_as_its_readme_says_ends_with_the_contract_having_acted(name, workdir):
    command = [sys.executable, EXAMPLES / name / "story.py", workdir / name]
    done = subprocess.run(command, capture_output=True, text=True, cwd=workdir, env=os.environ, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].endswith(STORIES[name][0])
    assert len((EXAMPLES / name / "story.py").read_text().splitlines()) < 80


@pytest.mark.parametrize("name", STORIES)
def test_a_consumer_acts_once_on_the_recorded_answer_of_the_caller_and_on_no_other(name, start):
    _, method, second_use = STORIES[name]
    story = start(name)
    proved = story.prove(EXAMPLES / name / "input.json")
    with pytest.raises(TransactionReverted, match=r"NotRecorded\("):
        story.act(method, proved)
    story.submit(proved)
    with pytest.raises(TransactionReverted, match=r"NotYourInference\("):
        replace(story, signer=dev_signer(1)).act(method, proved)
    better = replace(proved.proof, instances=(proved.proof.instances[0] + 1, *proved.proof.instances[1:]))
    with pytest.raises(TransactionReverted, match=r"NotRecorded\("):
        story.act(method, replace(proved, proof=better))
    story.act(method, proved)
    with pytest.raises(TransactionReverted, match=rf"{second_use}\("):
        story.act(method, proved)


def test_a_benign_biopsy_joins_the_routine_queue_and_a_malignant_one_the_urgent_queue(start, tmp_path):
    story, queues = start("health_triage"), load("health_triage", "story").queues
    story.act("route", recorded(story, held_out_input("health_triage", 0, tmp_path)))
    assert queues(story) == (1, 0)
    story.act("route", recorded(story, held_out_input("health_triage", 1, tmp_path)))
    assert queues(story) == (1, 1)


def test_a_low_score_opens_no_line_and_a_high_one_does(start, tmp_path):
    story = start("credit_scoring")
    with pytest.raises(TransactionReverted, match=r"ScoreTooLow\("):
        story.act("open", recorded(story, held_out_input("credit_scoring", 0, tmp_path)))
    assert story.ask("lineOf", story.signer.address) == (0,)
    story.act("open", recorded(story, held_out_input("credit_scoring", 1, tmp_path)))
    assert story.ask("lineOf", story.signer.address) == (10_000,)


def test_a_healthy_pump_stays_on_and_a_faulty_one_trips_until_the_operator_closes_its_switch(start, tmp_path):
    story = start("sensor_anomaly")
    pump = story.signer.address
    assert story.ask("isOn", pump) == (False,)  # it has not reported yet
    story.act("report", recorded(story, held_out_input("sensor_anomaly", 0, tmp_path)))
    assert story.ask("isOn", pump) == (True,)
    story.act("report", recorded(story, held_out_input("sensor_anomaly", 1, tmp_path)))
    assert story.ask("isOn", pump) == (False,)
    story.act("report", recorded(story, held_out_input("sensor_anomaly", 0, tmp_path)))
    assert story.ask("isOn", pump) == (False,)
    with pytest.raises(TransactionReverted, match=r"NotOperator\("):
        replace(story, signer=dev_signer(1)).call("close", pump)
    story.call("close", pump)
    assert story.ask("isOn", pump) == (True,)


@pytest.fixture(scope="module")
def digits(workdir):
    folder, config = EXAMPLES / "digits", read_config(cwd=workdir)
    out = workdir / "digits.bundle"
    compile_model(folder / "model.onnx", folder / "samples.json", config=config, prover=make_engine(config), out=out)
    return out


def test_the_proved_scores_of_a_digit_name_it(digits, workdir, tmp_path):
    config = read_config(cwd=workdir)
    prover = make_engine(config)
    path = held_out_input("digits", 7, tmp_path)
    proved = prove_input(digits, path, config=config, prover=prover, out=tmp_path / "seven.json")
    assert int(np.argmax(proved.outputs["scores"])) == 7
    assert verify_with_bundle(proved.path, digits, prover=prover).valid


@pytest.mark.parametrize("name", [*STORIES, "digits"])
def test_fixed_point_leaves_all_but_a_few_held_out_decisions_where_they_were(name, workdir, start, digits):
    """The circuit's largest error against the distance of each held-out answer from its border."""
    bundle = load_bundle(digits) if name == "digits" else start(name).bundle
    _, rows, _, _ = load(name, "train").data()
    outputs = sys.modules["networks"].answers((EXAMPLES / name / "model.onnx").read_bytes(), rows)
    threshold = json.loads((EXAMPLES / name / "about.json").read_text())["threshold"]
    error = bundle.fidelity.max_abs_error
    if threshold is None:
        second, first = np.sort(outputs, axis=1)[:, -2:].T
        in_doubt = first - second <= 2 * error
    else:
        in_doubt = np.abs(outputs[:, 0] - threshold) <= error
    assert in_doubt.mean() <= 0.02
