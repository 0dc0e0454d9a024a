"""Which signer a network's reference names. Keys never come from an argument."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from ..errors import ConfigError, SignerMissing
from ..network_config import DEFAULT_SIGNER as DEFAULT_REFERENCE
from ..records import Network
from .dev_accounts import DEV_ADDRESSES
from .external_signer import ExternalSigner
from .keystore import keystore_path, open_keystore, wallet_password
from .references import read_private, resolve_reference
from .signer import KeySigner, Signer, dev_signer, key_signer, refuse_dev_key


def load_signer(reference: str | None, network: Network, environ: Mapping[str, str] | None = None) -> Signer:
    """The signer that `reference` names.

    env:NAME, file:PATH and cmd:COMMAND hold a key in hex; keystore:NAME is a wallet of `zkchain wallet`, or the path of
    a keystore file; exec:COMMAND signs without showing its key (`external_signer`); dev:INDEX is for devnets.
    On a devnet the first development account stands in when no reference is given and ZKCHAIN_PRIVATE_KEY is not set.
    Raises SignerMissing, KeystoreRefused, and DevKeyRefused when a development key is named for another chain.
    """
    env = os.environ if environ is None else environ
    wanted = reference or DEFAULT_REFERENCE
    if network.devnet and wanted == DEFAULT_REFERENCE and not env.get(DEFAULT_REFERENCE.removeprefix("env:")):
        return dev_signer()
    signer: Signer
    kind, _, rest = wanted.partition(":")
    if kind == "env" and rest:
        signer = _from_environment(rest, network, env)
    elif kind == "file" and rest:
        signer = _from_file(Path(rest).expanduser())
    elif kind == "cmd" and rest:
        signer = _from_command(wanted)
    elif kind == "keystore" and rest:
        signer = open_keystore(keystore_path(rest, env), wallet_password(env))
    elif kind == "exec" and rest:
        signer = ExternalSigner(rest)
    elif kind == "dev" and rest.isdecimal() and int(rest) < len(DEV_ADDRESSES):
        signer = dev_signer(int(rest))
    else:
        # Not shown: whoever put a key here by mistake would find it in a log.
        raise SignerMissing(
            "the signer reference is not env:NAME, file:PATH, cmd:COMMAND, keystore:NAME, exec:COMMAND or dev:INDEX",
            remedy="correct the network's signer in zkchain.toml",
        )
    refuse_dev_key(signer.address, network.chain_id)
    return signer


def _from_environment(name: str, network: Network, env: Mapping[str, str]) -> KeySigner:
    text = env.get(name, "")
    if not text:
        raise SignerMissing(
            f"network {network.name!r} needs a key, and {name} is not set", remedy=f"set {name}", variable=name
        )
    return key_signer(text, source=name)


def _from_file(path: Path) -> KeySigner:
    return key_signer(_private(lambda: read_private(path, "the key")), source=str(path))


def _from_command(reference: str) -> KeySigner:
    return key_signer(_private(lambda: resolve_reference(reference, "the key")), source="the key's command")


def _private(read: Callable[[], str]) -> str:
    try:
        return read()
    except ConfigError as error:
        raise SignerMissing(error.message, remedy=error.remedy, **error.facts) from None
