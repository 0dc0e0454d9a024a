"""Keys: where they come from, which are refused, and that none is ever shown."""

import os
import pickle
import stat
from pathlib import Path

import pytest
from eth_account import Account

from zkchain.chain.dev_accounts import DEV_ADDRESSES, dev_key
from zkchain.chain.signer import KeySigner, dev_signer, key_signer
from zkchain.chain.signers import load_signer
from zkchain.errors import DevKeyRefused, SignerMissing
from zkchain.records import Network

KEY = "5e" * 32
LOCAL = Network(name="local", rpc_url="http://127.0.0.1:1", chain_id=31337)
MAINNET = Network(name="main", rpc_url="http://127.0.0.1:1", chain_id=1)
TX = {"nonce": 0, "gas": 21000, "maxFeePerGas": 2, "maxPriorityFeePerGas": 1, "to": DEV_ADDRESSES[1], "value": 0}


def texts(error: BaseException) -> str:
    parts = []
    found: BaseException | None = error
    while found is not None:
        parts += [str(found), repr(found), str(getattr(found, "facts", ""))]
        found = found.__cause__
    return " ".join(parts)


def test_the_ten_addresses_are_those_of_the_phrase():
    assert tuple(dev_signer(index).address for index in range(10)) == DEV_ADDRESSES
    for index in (-1, 10):
        with pytest.raises(IndexError):
            dev_signer(index)


def test_a_signature_is_by_the_key_and_has_the_hash_it_says():
    signer = key_signer(KEY, source="test")
    signed = signer.sign({**TX, "chainId": 1})
    assert Account.recover_transaction(signed.raw) == signer.address
    assert signed.hash.startswith("0x")


def test_the_key_is_never_shown():
    signer = key_signer("0x" + KEY, source="test")
    assert KEY not in repr(signer) + str(signer) + f"{signer}"
    with pytest.raises(TypeError):
        pickle.dumps(signer)
    assert not hasattr(signer, "__dict__")


@pytest.mark.parametrize("text", ["", "0x", KEY[:-2], KEY + "00", "zz" * 32, "0x0x" + KEY, "00" * 32, "ff" * 32])
def test_a_bad_key_is_refused_without_repeating_it(text: str):
    with pytest.raises(SignerMissing, match="SOURCE") as caught:
        key_signer(text, source="SOURCE")
    assert len(text) < 5 or text.removeprefix("0x") not in texts(caught.value)


@pytest.mark.parametrize("index", range(10))
def test_every_development_key_is_refused_off_devnets(index: int):
    """T101"""
    with pytest.raises(DevKeyRefused):
        dev_signer(index).sign({**TX, "chainId": 1})
    with pytest.raises(DevKeyRefused) as caught:
        load_signer("env:K", MAINNET, {"K": dev_key(index).hex()})
    assert dev_key(index).hex() not in texts(caught.value)
    assert dev_signer(index).sign({**TX, "chainId": 1337}).raw


def test_a_devnet_has_a_default_signer_and_no_other_network_has():
    assert load_signer(None, LOCAL, {}).address == DEV_ADDRESSES[0]
    assert load_signer("env:ZKCHAIN_PRIVATE_KEY", LOCAL, {}).address == DEV_ADDRESSES[0]
    for reference in (None, "env:ZKCHAIN_PRIVATE_KEY", "env:OTHER"):
        with pytest.raises(SignerMissing):
            load_signer(reference, MAINNET, {})


def test_a_key_that_is_given_is_used_on_devnets_too():
    assert load_signer(None, LOCAL, {"ZKCHAIN_PRIVATE_KEY": KEY}).address == key_signer(KEY, source="").address
    assert load_signer("dev:3", LOCAL, {}).address == DEV_ADDRESSES[3]


def test_a_named_variable_that_is_not_set_is_missing_on_devnets_too():
    with pytest.raises(SignerMissing, match="OTHER"):
        load_signer("env:OTHER", LOCAL, {})


@pytest.mark.parametrize(
    "reference", ["env:", "file:", "dev:", "dev:10", "dev:-1", "dev:x", "dev:²", KEY, "0x" + KEY, "kms:x"]
)
def test_a_reference_of_no_known_kind_is_refused_without_repeating_it(reference: str):
    with pytest.raises(SignerMissing) as caught:
        load_signer(reference, LOCAL, {})
    assert KEY not in texts(caught.value)


def test_dev_references_are_refused_off_devnets():
    with pytest.raises(DevKeyRefused):
        load_signer("dev:0", MAINNET, {})


def test_a_private_file_is_read(tmp_path: Path):
    path = tmp_path / "key"
    path.write_text(f"0x{KEY}\n")
    path.chmod(0o600)
    assert load_signer(f"file:{path}", MAINNET, {}).address == key_signer(KEY, source="").address


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int):
    path = tmp_path / "key"
    path.write_text(KEY)
    path.chmod(mode)
    with pytest.raises(SignerMissing, match="others") as caught:
        load_signer(f"file:{path}", MAINNET, {})
    assert "chmod 600" in caught.value.remedy
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_file_that_is_none_is_refused(tmp_path: Path):
    binary = tmp_path / "binary"
    binary.write_bytes(os.urandom(2000))
    binary.chmod(0o600)
    for path in (tmp_path, tmp_path / "missing", Path("/dev/null"), binary):
        with pytest.raises(SignerMissing):
            load_signer(f"file:{path}", MAINNET, {})


def test_a_key_signer_has_no_other_way_to_its_key():
    names = [name for name in dir(KeySigner(bytes.fromhex(KEY))) if not name.startswith("_")]
    assert names == ["address", "sign", "sign_typed"]
