"""Permits: what is signed is what the gateway checks, and what another program signed is not believed."""

import sys
from pathlib import Path

import pytest

from tests.support.signer_program import KEY
from zkchain.chain.external_signer import ExternalSigner
from zkchain.chain.relay import sign_permit, statement_id
from zkchain.chain.signer import Signer, dev_signer, key_signer
from zkchain.errors import DevKeyRefused, SignerMissing, TransactionError
from zkchain.records import Binding
from zkchain.values import ZERO_ADDRESS, ZERO_DIGEST, Address, address, digest

ROOT = Path(__file__).resolve().parents[3]
GATEWAY, MODEL = address("0x" + "22" * 20), digest("0x" + "f1" * 32)


@pytest.fixture(autouse=True)
def at_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def bound(account: Address, chain_id: int = 5) -> Binding:
    return Binding(
        chain_id=chain_id,
        gateway=GATEWAY,
        model_id=MODEL,
        account=account,
        request=ZERO_DIGEST,
        nonce=1,
        deadline=2**40,
    )


def permit_by(signer: Signer):
    binding = bound(signer.address)
    return sign_permit(signer, binding, statement_id(binding, [1, 2**250]), ZERO_ADDRESS, 2**40)


def test_a_program_signs_the_same_permit_as_the_key_that_it_has():
    program = ExternalSigner(f"{sys.executable} -m tests.support.signer_program honest")
    assert permit_by(program) == permit_by(key_signer(KEY, source="test"))
    assert len(permit_by(program).signature) == 65


@pytest.mark.parametrize(
    ("how", "error"), [("another permit", TransactionError), ("cut", TransactionError), ("no hex", SignerMissing)]
)
def test_a_signature_of_anything_else_makes_no_permit(how: str, error: type[Exception]):
    program = ExternalSigner(f"{sys.executable} -m tests.support.signer_program '{how}'")
    with pytest.raises(error):
        permit_by(program)


def test_a_public_key_permits_on_devnets_only():
    binding = bound(dev_signer(0).address)
    with pytest.raises(DevKeyRefused):
        sign_permit(dev_signer(0), binding, ZERO_DIGEST, ZERO_ADDRESS, 1)


def test_a_statement_is_of_chain_gateway_model_and_instances():
    binding = bound(GATEWAY)
    others = [
        statement_id(bound(GATEWAY, 6), [1]),
        statement_id(binding, [1, 0]),
        statement_id(binding, [2]),
        statement_id(binding, []),
    ]
    assert len({statement_id(binding, [1]), *others}) == 5
