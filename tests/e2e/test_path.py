"""The whole path from an ONNX file to a decoded event, by the command line alone."""

import json
import re
from pathlib import Path

import pytest

from zkchain.chain.dev_accounts import DEV_ADDRESSES
from zkchain.values import ZERO_DIGEST, address, digest

from .conftest import SAMPLES
from .runner import snapshot

STEPS = (
    "inspect",
    "compile",
    "dry run",
    "deploy",
    "prove",
    "verify with bundle",
    "verify on network",
    "audit",
    "submit",
    "events",
)
#: x = (0.5, -0.25) through the tiny model's weights and ReLU, computed by hand.
EXPECTED = 0.5 * 0.12573022 + 0.25 * 0.13210486
ROUNDING = 0.02


@pytest.mark.parametrize("step", STEPS)
def test_every_step_succeeds_with_one_json_object_on_stdout_and_progress_on_stderr(journey, step):
    result = journey.steps[step]
    assert result.exit_code == 0, result.err
    assert result.json
    assert all(line.endswith(" ...") for line in result.err.splitlines()), result.err


@pytest.mark.parametrize("step", STEPS)
def test_every_key_that_a_step_prints_is_documented(journey, step):
    page = (Path(__file__).parents[2] / "docs" / "cli.md").read_text()
    assert [key for key in journey.steps[step].json if f"`{key}`" not in page] == []


def test_inspect_names_the_tensors(journey):
    facts = journey.steps["inspect"].json
    assert [tensor["name"] for tensor in facts["inputs"]] == ["x"]
    assert [tensor["name"] for tensor in facts["outputs"]] == ["y"]
    assert facts["unsupported"] == []


def test_compile_says_what_the_bundle_is(journey):
    facts = journey.steps["compile"].json
    assert facts["bundle"] == str(journey.folder / "tiny.bundle")
    assert digest(facts["circuit_digest"]) != digest(facts["model_digest"])
    assert facts["rows"] > 0
    assert 6 <= facts["logrows"] <= 12
    assert facts["proving_key_bytes"] == (journey.folder / "tiny.bundle" / "proving.key").stat().st_size
    assert facts["verifying_key_bytes"] == (journey.folder / "tiny.bundle" / "verifying.key").stat().st_size
    assert facts["instances"] == 1 + 1
    assert 0 < facts["mean_abs_error"] <= facts["max_abs_error"] <= ROUNDING
    assert facts["seconds"] > 0
    assert facts["provenance"] == "dev"


def test_compile_says_what_a_proof_shows(journey, tmp_path):
    """T31, T33: by tensor; and that a hash of few possible inputs hides none of them."""
    facts = journey.steps["compile"].json
    assert [(part["kind"], part["instances"]) for part in facts["discloses"]] == [("output", 1), ("binding", 1)]
    assert facts["notes"] == []
    hashed = ("--visibility", "input=hashed", "--tune-seconds", "0", "--out", tmp_path / "hashed.bundle")
    other = journey.zkchain.here("compile", "tiny.onnx", "--samples", "samples.json", *hashed, "--json").json
    assert "input_hash" in [part["kind"] for part in other["discloses"]]
    assert "by hashing each" in " ".join(other["notes"])


def test_a_second_compile_does_no_work_and_gives_the_same_digest(journey):
    before = snapshot(journey.folder)
    again = journey.zkchain.here("compile", "tiny.onnx", "--samples", "samples.json", "--json")
    assert again.json["circuit_digest"] == journey.steps["compile"].json["circuit_digest"]
    assert "proving ..." not in again.err
    assert snapshot(journey.folder) == before


def test_a_dry_run_plans_what_the_deployment_then_does(journey):
    plan, done = journey.steps["dry run"].json, journey.steps["deploy"].json
    assert plan["contracts"] == {}
    assert plan["gas_used"] == 0
    assert plan["code_bytes"] == done["code_bytes"]
    estimate = sum(step["gas"] for step in plan["plan"])
    assert estimate == pytest.approx(done["gas_used"], rel=0.1)


def test_deploy_says_where_everything_is(journey):
    facts = journey.steps["deploy"].json
    assert {"ModelRegistry", "InferenceGateway", "tiny"} < set(facts["contracts"])
    assert len({address(found) for found in facts["contracts"].values()}) == 4
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", facts["rpc_url"])
    assert facts["chain_id"] == 31337
    assert facts["gas_used"] > 10**6
    assert 0 < facts["code_bytes"] <= 24_576
    assert facts["circuit_digest"] == journey.steps["compile"].json["circuit_digest"]
    record = json.loads((journey.folder / "deployments" / "local" / "tiny.json").read_text())
    assert record["address"] == facts["contracts"]["tiny"]


def test_a_second_deployment_sends_nothing(journey):
    again = journey.zkchain.here("deploy", "tiny.bundle", "--network", "local", "--json").json
    assert again["reused"]
    assert again["gas_used"] == 0
    assert again["contracts"] == journey.steps["deploy"].json["contracts"]


def test_prove_writes_the_proof_file_that_it_describes(journey):
    facts = journey.steps["prove"].json
    written = json.loads((journey.folder / "tiny.proof.json").read_text())
    assert facts["proof"] == str(journey.folder / "tiny.proof.json")
    assert set(written) == {"circuit_digest", "instances", "proof", "binding"}
    assert facts["instances"] == written["instances"]
    assert all(re.fullmatch("0x[0-9a-f]{64}", word) for word in facts["instances"])
    assert re.fullmatch("0x([0-9a-f]{2})+", written["proof"])
    assert written["binding"]["account"] == DEV_ADDRESSES[0]
    assert written["binding"]["request"] == ZERO_DIGEST
    assert facts["outputs"]["y"] == [pytest.approx(EXPECTED, abs=ROUNDING)]
    assert facts["prove_seconds"] > 0
    assert facts["witness_seconds"] > 0
    assert facts["peak_rss_bytes"] > 10**7


def test_both_judges_agree_and_say_who_they_are(journey):
    by_bundle, by_network = journey.steps["verify with bundle"].json, journey.steps["verify on network"].json
    gateway = journey.steps["deploy"].json["contracts"]["InferenceGateway"]
    assert by_bundle == {"valid": True, "where": "bundle", "reason": ""}
    assert by_network == {"valid": True, "where": f"local:{gateway}", "reason": "", "recorded": False}


def test_the_audit_matches_and_writes_what_explorers_ask_for(journey):
    facts = journey.steps["audit"].json
    assert facts["verdict"] == "MATCH"
    assert facts["mismatches"] == []
    assert not facts["stopped"]
    assert facts["model_id"] == journey.steps["deploy"].json["model_id"]
    assert facts["owner"].lower() == DEV_ADDRESSES[0].lower()
    assert {"verifying key", "InferenceGateway.code", "registry.circuitDigest"} <= {
        one["name"] for one in facts["fields"]
    }
    assert sorted(path.name for path in (journey.folder / "standard").iterdir()) == sorted(
        Path(path).name for path in facts["standard_json"]
    )


def test_the_gateway_and_the_registry_conform_and_the_adapter_does_not(journey):
    contracts = journey.steps["deploy"].json["contracts"]
    for name in ("InferenceGateway", "ModelRegistry"):
        found = journey.zkchain.here("conformance", contracts[name], "--network", "local", "--json")
        assert (found.exit_code, found.json["conforms"]) == (0, True)
        assert all(finding["held"] for finding in found.json["findings"])
    other = journey.zkchain.here("conformance", contracts["tiny"], "--network", "local", "--json")
    assert (other.exit_code, other.json["conforms"]) == (1, False)
    page = (Path(__file__).parents[2] / "docs" / "cli.md").read_text()
    assert [key for key in other.json if f"`{key}`" not in page] == []


def test_submit_gives_the_decoded_event(journey):
    facts = journey.steps["submit"].json
    assert set(facts) == {"tx_hash", "block", "gas_used", "event"}
    assert re.fullmatch("0x[0-9a-f]{64}", facts["tx_hash"])
    assert facts["block"] > 0
    assert 10**5 < facts["gas_used"] < 10**6
    event = facts["event"]
    assert event["model_name"] == "tiny"
    assert event["model_id"] == journey.steps["deploy"].json["model_id"]
    assert event["account"] == DEV_ADDRESSES[0]
    assert event["outputs"] == journey.steps["prove"].json["outputs"]
    assert event["tx_hash"] == facts["tx_hash"]


def test_the_same_statement_is_accepted_once(journey):
    refused = journey.steps["submit again"]
    assert refused.exit_code == 13
    assert refused.json["error"] == "transaction.already_recorded"


def test_events_lists_what_was_submitted_and_nothing_else(journey):
    mine = journey.steps["submit"].json["event"]
    assert journey.steps["events"].json["events"] == [mine]
    later = journey.zkchain.here("events", "--network", "local", "--from-block", str(mine["block"] + 1), "--json")
    assert later.json == {"events": []}


def _spoilt(journey, tmp_path, change):
    proof = json.loads((journey.folder / "tiny.proof.json").read_text())
    change(proof)
    path = tmp_path / "spoilt.proof.json"
    path.write_text(json.dumps(proof))
    return path


def _other_byte(proof):
    raw = bytearray.fromhex(proof["proof"][2:])
    raw[40] ^= 1
    proof["proof"] = "0x" + raw.hex()


def _other_answer(proof):
    proof["instances"][0] = f"0x{int(proof['instances'][0], 16) + 1:064x}"


def _other_account(proof):
    proof["binding"]["account"] = DEV_ADDRESSES[1]


def _longer(proof):
    proof["proof"] += "00"


@pytest.mark.parametrize("change", [_other_byte, _other_answer, _other_account, _longer])
@pytest.mark.parametrize("judge", [("--bundle", "tiny.bundle"), ("--network", "local")], ids=["bundle", "network"])
def test_a_changed_proof_is_a_negative_verdict_with_its_reason_not_an_error(journey, tmp_path, change, judge):
    result = journey.zkchain.here("verify", _spoilt(journey, tmp_path, change), *judge, "--json")
    assert result.exit_code == 1
    assert result.json["valid"] is False
    assert result.json["reason"]
    assert "error" not in result.json


def test_a_negative_verdict_is_exit_code_1_of_the_process_and_said_to_a_person(journey, tmp_path):
    result = journey.zkchain.process("verify", _spoilt(journey, tmp_path, _other_byte), "--bundle", "tiny.bundle")
    assert result.exit_code == 1
    assert "NOT VALID" in result.out
    assert "because" in result.out


def test_a_proof_for_one_account_cannot_be_submitted_by_another(journey, tmp_path):
    out = tmp_path / "other.proof.json"
    made = journey.zkchain.here(
        "prove", "tiny.bundle", "--input", "input.json", "--network", "local", "--for", DEV_ADDRESSES[1], "--out", out,
        "--json",
    )  # fmt: skip
    assert made.json["binding"]["account"] == DEV_ADDRESSES[1]
    refused = journey.zkchain.here("submit", out, "--network", "local", "--json")
    assert refused.json["error"] == "transaction.binding"
    assert refused.exit_code == 13


def test_a_proof_for_a_request_names_no_account(journey, tmp_path):
    request = "0x" + "ab" * 32
    made = journey.zkchain.here(
        "prove", "tiny.bundle", "--input", "samples.json", "--row", "3", "--network", "local",
        "--for", f"request:{request}", "--out", tmp_path / "r.json", "--json",
    )  # fmt: skip
    assert made.json["binding"]["request"] == request
    assert int(made.json["binding"]["account"], 16) == 0
    weights = (0.12573022, -0.13210486)
    expected = max(0.0, sum(x * w for x, w in zip(SAMPLES[3], weights, strict=True)))
    assert made.json["outputs"]["y"] == [pytest.approx(expected, abs=ROUNDING)]


STOCK = {"input": "public", "output": "public", "params": "fixed"}
OURS = {"input": "private", "output": "public", "params": "fixed"}


@pytest.mark.parametrize(
    ("flag", "visibility"), [("--no-binding", OURS), pytest.param("--stock", STOCK, marks=pytest.mark.slow)]
)
def test_an_unbound_circuit_goes_the_whole_path_and_its_proof_counts_for_whoever_submits(
    journey, tmp_path, flag, visibility
):
    own = type(journey.zkchain)(cwd=tmp_path, home=journey.zkchain.home)
    model, samples, proof = journey.folder / "tiny.onnx", journey.folder / "samples.json", tmp_path / "free.json"
    made = own.here("compile", model, "--samples", samples, flag, "--out", "free.bundle", "--json").json
    assert made["stock"] == (flag == "--stock")
    assert not made["binding"]
    assert made["visibility"] == visibility
    assert made["instances"] == 1 + 2 * (visibility["input"] == "public")
    assert own.here("deploy", "free.bundle", "--network", "local", "--name", "free", "--json").exit_code == 0
    prove = ("prove", "free.bundle", "--input", samples, "--row", "1", "--out", proof)
    proved = own.here(*prove, "--network", "local", "--json").json
    assert proved["binding"] is None
    assert own.here("verify", proof, "--bundle", "free.bundle", "--json").json["valid"]
    event = own.here("submit", proof, "--network", "local", "--json").json["event"]
    assert event["model_name"] == "free"
    assert event["outputs"] == proved["outputs"]
    refused = own.here(*prove, "--network", "local", "--for", DEV_ADDRESSES[1], "--json")
    assert refused.json["error"] == "usage"
    assert "without binding" in refused.json["message"]


def test_every_command_works_from_another_folder_with_whole_paths(journey, tmp_path):
    elsewhere = type(journey.zkchain)(cwd=tmp_path, home=journey.zkchain.home)
    result = elsewhere.here(
        "verify", journey.folder / "tiny.proof.json", "--bundle", journey.folder / "tiny.bundle", "--json"
    )
    assert result.json["valid"]
    assert list(tmp_path.iterdir()) == []


def test_a_person_reads_the_answer_on_stdout_without_colour_codes(journey):
    result = journey.zkchain.here("events", "--network", "local")
    assert result.exit_code == 0
    assert "\x1b" not in result.out + result.err
    assert re.search(r"^output y +0\.09", result.out, re.MULTILINE)
    assert "account" in result.out
    assert "1 accepted answer" in result.out
