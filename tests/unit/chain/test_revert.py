"""What a contract says when it refuses, in our words."""

from pathlib import Path

import pytest
from eth_abi.abi import encode
from hypothesis import given, settings
from hypothesis import strategies as st

import zkchain.solidity
from zkchain.chain.abi import selector_of, signature_of
from zkchain.chain.revert import error_table, revert_error
from zkchain.errors import AlreadyRecorded, BindingRefused, ProofRejected, TransactionReverted
from zkchain.solidity.artifacts import load_artifact

ARTIFACTS = Path(zkchain.solidity.__file__).parent / "artifacts"
ABIS = [load_artifact(name).abi for name in ("InferenceGateway", "ModelRegistry", "Halo2Adapter")]
ACCOUNT = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"


def error(name: str, *arguments: object) -> bytes:
    entry = next(e for abi in ABIS for e in abi if e["type"] == "error" and e["name"] == name)
    return selector_of(entry) + encode([item["type"] for item in entry["inputs"]], arguments)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (error("AlreadyRecorded", b"\x11" * 32), AlreadyRecorded),
        (error("BindingMismatch"), BindingRefused),
        (error("WrongAccount", ACCOUNT, ACCOUNT), BindingRefused),
        (error("DeadlinePassed", 1, 2), BindingRefused),
        (error("AmbiguousBinding", ACCOUNT, bytes(32)), BindingRefused),
        (error("UnexpectedBinding"), BindingRefused),
        (error("ProofRejected"), ProofRejected),
        (error("ModelIsStopped", 7), TransactionReverted),
        (error("InstanceCountMismatch", 10, 9), TransactionReverted),
        (error("NotModelOwner", 1, ACCOUNT), TransactionReverted),
    ],
    ids=lambda value: value.hex()[:8] if isinstance(value, bytes) else value.__name__,
)
def test_custom_errors_have_their_kinds(data: bytes, kind: type[TransactionReverted]):
    found = revert_error(data, ABIS)
    assert type(found) is kind
    assert str(found.facts["error"]) in found.message


def test_arguments_are_kept_as_facts():
    found = revert_error(error("InstanceCountMismatch", 10, 9), ABIS)
    assert found.facts["arguments"] == (10, 9)
    assert "InstanceCountMismatch(10, 9)" in found.message


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no reason"),
        (bytes.fromhex("08c379a0") + encode(["string"], ["not today"]), "not today"),
        (bytes.fromhex("4e487b71") + encode(["uint256"], [0x11]), r"Panic\(0x11\)"),
        (bytes.fromhex("08c379a0"), "unknown error 0x08c379a0"),
        (bytes.fromhex("deadbeef") + bytes(1000), r"unknown error 0xdeadbeef.*1004 bytes"),
    ],
)
def test_other_reverts_are_shown_as_far_as_they_can_be(data: bytes, words: str):
    found = revert_error(data, ABIS)
    assert type(found) is TransactionReverted
    with pytest.raises(TransactionReverted, match=words):
        raise found


def test_errors_of_ours_are_known_without_an_abi():
    assert type(revert_error(error("AlreadyRecorded", b"\x11" * 32), [])) is AlreadyRecorded


def test_the_table_of_selectors_has_every_error_of_every_contract():
    known = error_table()
    abis = [load_artifact(path.stem).abi for path in sorted(ARTIFACTS.glob("*.json"))]
    errors = [entry for abi in abis for entry in abi if entry["type"] == "error"]
    missing = {signature_of(entry) for entry in errors if selector_of(entry) not in known}
    assert missing <= {"Findings((string,bool,bytes)[])"}, "add them to zkchain/chain/custom_errors.txt"


@settings(deadline=None)  # the first call reads the table
@given(text=st.text(max_size=2000))
def test_what_a_contract_says_cannot_flood_or_garble_a_terminal(text: str):
    data = bytes.fromhex("08c379a0") + encode(["string"], [text])
    message = revert_error(data, ABIS).message
    assert len(message) < 400
    assert message.isprintable()


@settings(deadline=None)
@given(data=st.binary(max_size=200))
def test_any_data_becomes_an_error(data: bytes):
    assert isinstance(revert_error(data, ABIS), TransactionReverted)


def test_an_id_is_shown_as_everywhere_else():
    model_id = 0x40A4 << 240
    found = revert_error(error("NotGuardian", model_id, ACCOUNT), ABIS)
    assert found.facts["arguments"] == (f"0x{model_id:064x}", ACCOUNT.lower())
    assert f"NotGuardian(0x40a4{'0' * 60}" in found.message


@pytest.mark.parametrize(
    ("deadline", "words"),
    [(1_700_000_000, "after 2023-11-14 22:13:20 UTC"), (2**64, "after the second"), (2**255, "after the second")],
)
def test_who_is_too_early_is_told_until_when(deadline: int, words: str):
    data = selector_of({"type": "error", "name": "TooEarly", "inputs": [{"type": "uint256"}]}) + encode(
        ["uint256"], [deadline]
    )
    found = revert_error(data, [])
    assert found.remedy.startswith("run the command again when that time is over")
    assert words in found.remedy


def test_whose_root_is_taken_is_told_what_to_do():
    data = selector_of({"type": "error", "name": "RootTaken", "inputs": [{"type": "bytes32"}]}) + bytes(32)
    assert "zkchain train register" in revert_error(data, []).remedy
    assert revert_error(error("ModelIsStopped", 7), ABIS).remedy == TransactionReverted.default_remedy
