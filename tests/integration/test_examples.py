"""The examples: trained as they say, as good as they say, and acted upon on chain."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from zkchain.chain.dev_accounts import dev_key
from zkchain.chain.devnet import stop_devnet
from zkchain.config import read_config
from zkchain.errors import TransactionReverted

EXAMPLES = Path(__file__).parents[2] / "examples"
SHIPPED = Path(__file__).parents[2] / "zkchain" / "pipeline" / "data"
STORIES = ("health_triage", "credit_scoring", "sensor_anomaly")
FILES = ("model.onnx", "samples.json", "input.json", "about.json")


def load(story: str, module: str):
    spec = importlib.util.spec_from_file_location(f"{story}_{module}", EXAMPLES / story / f"{module}.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


@pytest.mark.parametrize("story", STORIES)
def test_training_again_gives_the_stated_accuracy(story, tmp_path):
    accuracy = load(story, "train").main(tmp_path)
    stated = json.loads((EXAMPLES / story / "about.json").read_text())["held_out_accuracy"]
    assert accuracy == pytest.approx(stated, abs=0.02)
    assert f"{stated:.4f}" in (EXAMPLES / story / "README.md").read_text()


def test_the_committed_triage_model_is_as_accurate_as_it_says():
    train = load("health_triage", "train")
    _, held_out, _, labels = train.data()
    session = onnxruntime.InferenceSession((EXAMPLES / "health_triage" / "model.onnx").read_bytes())
    scores = [session.run(None, {train.INPUTS: row[None].astype(np.float32)})[0].item() for row in held_out]
    stated = json.loads((EXAMPLES / "health_triage" / "about.json").read_text())["held_out_accuracy"]
    assert ((np.array(scores) > 0) == (labels == 1)).mean() == pytest.approx(stated, abs=1e-4)


@pytest.mark.parametrize("name", FILES)
def test_the_shipped_model_is_the_triage_example(name):
    assert (SHIPPED / name).read_bytes() == (EXAMPLES / "health_triage" / name).read_bytes()


@pytest.fixture(scope="module")
def workdir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stories")
    patch = pytest.MonkeyPatch()
    patch.setenv("ZKCHAIN_HOME", str(folder / "home"))
    yield folder
    stop_devnet(read_config().home)
    patch.undo()


@pytest.mark.parametrize(
    ("story", "outcome"), [("health_triage", 1), ("credit_scoring", 10_000), ("sensor_anomaly", False)]
)
def test_a_story_ends_with_the_contract_acting_on_the_proved_answer(workdir, story, outcome):
    assert load(story, "story").main(workdir) == outcome


def test_a_consumer_refuses_unrecorded_answers_and_those_of_another_account(workdir, monkeypatch):
    story_module = load("credit_scoring", "story")
    begin = story_module.begin
    story = begin(
        EXAMPLES / "credit_scoring", workdir, "CreditScore", "CreditGate", lambda bundle, _: (0, story_module.LINE)
    )
    proved = story.prove(EXAMPLES / "credit_scoring" / "input.json", workdir / "second.json")
    with pytest.raises(TransactionReverted):
        story.act("open", proved)
    story.submit(proved)
    monkeypatch.setenv("ZKCHAIN_PRIVATE_KEY", "0x" + dev_key(1).hex())
    thief = begin(
        EXAMPLES / "credit_scoring", workdir, "CreditScore", "CreditGate", lambda bundle, _: (0, story_module.LINE)
    )
    with pytest.raises(TransactionReverted):
        thief.act("open", proved)
    story.act("open", proved)
    assert story.ask("lineOf", story.signer.address) == (story_module.LINE,)
    with pytest.raises(TransactionReverted):
        story.act("open", proved)
