"""Wallets: what is encrypted comes back with the password, and nothing else does."""

import json
import stat
from pathlib import Path

import pytest
from eth_account import Account

from zkchain.chain.keystore import (
    create_wallet,
    keystore_path,
    list_wallets,
    open_keystore,
    wallet_folder,
    wallet_password,
)
from zkchain.chain.signers import load_signer
from zkchain.errors import KeystoreRefused, SignerMissing, UsageError, WalletTaken
from zkchain.records import Network

KEY, PASSWORD = "5e" * 32, "correct horse 5ec2e7"
FAR = Network(name="far", rpc_url="http://127.0.0.1:1", chain_id=5)


@pytest.fixture(autouse=True)
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    """Less effort a wallet: it is the library's, and takes a second each time."""
    real = Account.encrypt
    monkeypatch.setattr(Account, "encrypt", lambda key, password: real(key, password, kdf="pbkdf2", iterations=2))


def changed(path: Path, **params: object) -> Path:
    """A copy that asks for another effort."""
    parsed = json.loads(path.read_text())
    parsed["crypto"]["kdfparams"] |= params
    copy = path.with_name("heavy.json")
    copy.write_text(json.dumps(parsed))
    return copy


def test_a_wallet_comes_back_with_its_password(tmp_path: Path):
    made = create_wallet(tmp_path / "wallets", "mine", PASSWORD, f"0x{KEY}")
    signer = open_keystore(Path(made.path), PASSWORD)
    assert signer.address == made.address == Account.from_key(KEY).address
    assert list_wallets(tmp_path / "wallets") == (made,)
    assert KEY not in Path(made.path).read_text()


def test_only_its_owner_can_read_it_and_that_is_said_when_it_is_not_so(tmp_path: Path):
    path = Path(create_wallet(tmp_path / "wallets", "mine", PASSWORD).path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.chmod(0o644)
    assert [wallet.private for wallet in list_wallets(path.parent)] == [False]


def test_fresh_wallets_differ(tmp_path: Path):
    addresses = {create_wallet(tmp_path, name, PASSWORD).address for name in ("a", "b", "c")}
    assert len(addresses) == 3
    assert list_wallets(tmp_path / "nowhere") == ()


def test_a_wallet_is_never_overwritten(tmp_path: Path):
    path = Path(create_wallet(tmp_path, "mine", PASSWORD).path)
    before = path.read_bytes()
    with pytest.raises(WalletTaken):
        create_wallet(tmp_path, "mine", "other")
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a.json", "-x", "x" * 49])
def test_a_name_that_is_no_name_is_refused(tmp_path: Path, name: str):
    with pytest.raises(UsageError):
        create_wallet(tmp_path, name, PASSWORD)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("key", ["", "12", "zz" * 32, "00" * 32, "ff" * 32])
def test_what_is_no_key_is_refused_without_repeating_it(tmp_path: Path, key: str):
    with pytest.raises(UsageError) as caught:
        create_wallet(tmp_path, "mine", PASSWORD, key)
    assert len(key) < 5 or key not in str(caught.value.to_json())
    with pytest.raises(UsageError, match="empty password"):
        create_wallet(tmp_path, "mine", "", KEY)


def test_a_wrong_password_is_said_without_repeating_it(tmp_path: Path):
    path = Path(create_wallet(tmp_path, "mine", PASSWORD).path)
    with pytest.raises(KeystoreRefused, match="the password is wrong") as caught:
        open_keystore(path, "wrong 5ec2e7")
    assert "5ec2e7" not in str(caught.value.to_json()) + repr(caught.value)


@pytest.mark.parametrize(
    "params",
    [{"c": 10**9}, {"n": 2**30, "r": 8, "p": 1}, {"n": 2, "r": 2**29, "p": 1}, {"n": 2**16, "r": 8, "p": 2**10}],
    ids=str,
)
def test_a_file_that_asks_for_too_much_is_refused_before_it_gets_it(tmp_path: Path, params: dict[str, object]):
    path = changed(Path(create_wallet(tmp_path, "mine", PASSWORD).path), **params)
    with pytest.raises(KeystoreRefused, match="more memory or time"):
        open_keystore(path, PASSWORD)


@pytest.mark.parametrize("params", [{"c": 0}, {"c": -1}, {"c": "many"}, {"dklen": "x"}, {"salt": "zz"}], ids=str)
def test_a_damaged_wallet_is_said_to_be(tmp_path: Path, params: dict[str, object]):
    path = changed(Path(create_wallet(tmp_path, "mine", PASSWORD).path), **params)
    with pytest.raises(KeystoreRefused, match="damaged"):
        open_keystore(path, PASSWORD)


@pytest.mark.parametrize("text", ["", "[]", '{"version": 3}', '{"version": 1, "crypto": {}}', "\x00"])
def test_what_is_no_keystore_is_refused(tmp_path: Path, text: str):
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(KeystoreRefused):
        open_keystore(tmp_path / "x.json", PASSWORD)
    with pytest.raises(KeystoreRefused):
        list_wallets(tmp_path)


def test_a_network_signs_with_a_wallet_by_name_or_path(tmp_path: Path):
    made = create_wallet(tmp_path / "wallets", "mine", PASSWORD)
    env = {"ZKCHAIN_WALLETS": str(tmp_path / "wallets"), "ZKCHAIN_WALLET_PASSWORD": PASSWORD}
    assert load_signer("keystore:mine", FAR, env).address == made.address
    assert load_signer(f"keystore:{made.path}", FAR, env).address == made.address
    with pytest.raises(SignerMissing, match="no wallet"):
        load_signer("keystore:other", FAR, env)


def test_the_password_comes_from_a_private_file(tmp_path: Path):
    path = tmp_path / "password"
    path.write_text(f"{PASSWORD}\n")
    path.chmod(0o600)
    assert wallet_password({"ZKCHAIN_WALLET_PASSWORD_FILE": str(path)}) == PASSWORD
    path.chmod(0o640)
    with pytest.raises(SignerMissing, match="can be read by others"):
        wallet_password({"ZKCHAIN_WALLET_PASSWORD_FILE": str(path)})


def test_without_a_password_and_a_person_there_is_no_signer():
    with pytest.raises(SignerMissing, match="nobody to ask"):
        wallet_password({})


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"ZKCHAIN_WALLETS": "/w"}, Path("/w")),
        ({"XDG_CONFIG_HOME": "/c", "HOME": "/h"}, Path("/c/zkchain/wallets")),
        ({"HOME": "/h"}, Path("/h/.config/zkchain/wallets")),
    ],
)
def test_wallets_lie_beside_the_users_configuration(environ: dict[str, str], folder: Path):
    assert wallet_folder(environ) == folder
    with pytest.raises(SignerMissing):
        keystore_path("mine", environ)
