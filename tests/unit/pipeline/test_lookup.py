"""A record is a file that anyone can edit: a model is read from it strictly or not at all."""

from typing import Any

import pytest

from tests.unit.chain.test_deployments import record
from zkchain.errors import DeploymentCorrupt
from zkchain.pipeline.lookup import model_of

ACCOUNT = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
FACTS: dict[str, Any] = {
    "model_name": "tiny",
    "model_id": "0x" + "11" * 32,
    "gateway": ACCOUNT,
    "registry": ACCOUNT,
    "circuit_digest": "0x" + "22" * 32,
    "provenance": "dev",
    "binding": False,
    "segments": [],
    "verifier": "shared",
    "verifier_address": ACCOUNT,
    "verifier_code_bytes": 100,
    "key_data": ACCOUNT,
}


def test_a_model_is_read_from_its_record():
    model = model_of(record(**FACTS))
    assert (model.model_name, model.binding, model.verifier) == ("tiny", False, "shared")


@pytest.mark.parametrize("key", sorted(set(FACTS) - {"key_data"}))
@pytest.mark.parametrize("value", [None, "false", 1, {}, "absent"], ids=repr)
def test_a_fact_of_another_type_or_none_is_a_damaged_record(key: str, value: object):
    facts = {name: found for name, found in FACTS.items() if name != key or value != "absent"}
    if value != "absent":
        facts[key] = value
    if (key, value) in [("model_name", "false"), ("verifier_code_bytes", 1)]:
        assert model_of(record(**facts))
        return
    with pytest.raises(DeploymentCorrupt, match="Gateway"):
        model_of(record(**facts))
