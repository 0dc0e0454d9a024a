"""A program that signs: it is asked by the protocol, and what it signs is what was asked for."""

import sys
from pathlib import Path

import pytest
from eth_account import Account

from tests.support.signer_program import KEY
from zkchain.chain.external_signer import ExternalSigner
from zkchain.chain.signers import load_signer
from zkchain.errors import DevKeyRefused, SignerMissing, TransactionError
from zkchain.records import Network

ROOT = Path(__file__).resolve().parents[3]
TX = {
    "chainId": 5,
    "nonce": 3,
    "gas": 21_000,
    "value": 0,
    "data": "0x",
    "to": "0x" + "22" * 20,
    "maxFeePerGas": 3 * 10**9,
    "maxPriorityFeePerGas": 10**9,
}
LEGACY = {**{name: TX[name] for name in ("chainId", "nonce", "gas", "value", "data", "to")}, "gasPrice": 10**9}


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def program(how: str) -> str:
    return f"{sys.executable} -m tests.support.signer_program '{how}'"


@pytest.mark.parametrize("tx", [TX, LEGACY, {**TX, "data": "0x1234", "value": 7}], ids=["1559", "legacy", "data"])
def test_what_it_signs_is_taken(tx: dict[str, object]):
    signer = ExternalSigner(program("honest"))
    assert signer.address == Account.from_key(KEY).address
    signed = signer.sign(tx)
    assert Account.recover_transaction(signed.raw) == signer.address


def test_a_creation_is_signed_too():
    signer = ExternalSigner(program("honest"))
    creation = {name: value for name, value in TX.items() if name != "to"} | {"data": "0x6001"}
    assert Account.recover_transaction(signer.sign(creation).raw) == signer.address


@pytest.mark.parametrize("how", ["dearer", "elsewhere", "more", "other data", "other chain", "other type", "cut"])
def test_another_transaction_than_the_one_asked_for_is_refused(how: str):
    signer = ExternalSigner(program(how))
    with pytest.raises(TransactionError, match="nothing was sent"):
        signer.sign(TX)


@pytest.mark.parametrize("how", ["elsewhere", "more", "other data", "other chain"])
def test_also_of_the_old_kind(how: str):
    signer = ExternalSigner(program(how))
    with pytest.raises(TransactionError, match="nothing was sent"):
        signer.sign(LEGACY)


@pytest.mark.parametrize("command", [program("fails"), program("babbles"), program("nobody"), "/nowhere/signer", "'"])
def test_a_program_that_makes_no_sense_is_no_signer(command: str):
    with pytest.raises(SignerMissing) as caught:
        ExternalSigner(f"{command} --pin 5ec2e7" if command != "'" else command)
    assert "5ec2e7" not in str(caught.value.to_json())


def test_a_network_names_it_by_exec(monkeypatch: pytest.MonkeyPatch):
    far = Network(name="far", rpc_url="http://127.0.0.1:1", chain_id=5)
    signer = load_signer(f"exec:{program('honest')}", far, {})
    assert signer.address == Account.from_key(KEY).address
    assert "honest" not in repr(signer)


def test_it_is_not_asked_to_sign_for_a_public_key(monkeypatch: pytest.MonkeyPatch):
    signer = ExternalSigner(program("honest"))
    monkeypatch.setattr("zkchain.chain.signer.DEV_ADDRESSES", (signer.address,))
    with pytest.raises(DevKeyRefused):
        signer.sign(TX)
