"""Safes for tests: the real one, from its npm package, and one that answers and acts like it where npm is not asked."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_account import Account

from tests.support.programs import required
from zkchain.chain.abi import encode_call
from zkchain.chain.client import Chain
from zkchain.chain.deploy import deploy_contract
from zkchain.chain.dev_accounts import dev_key
from zkchain.chain.signer import dev_signer
from zkchain.chain.transact import send
from zkchain.records import ContractArtifact
from zkchain.solidity.compile import compile_contract
from zkchain.solidity.solc import find_compiler
from zkchain.values import ZERO_ADDRESS, Address

OWNER = dev_signer(0)
SAFE_VERSION = "1.4.1"
_FOLDERS = {
    "Safe": "contracts/Safe.sol",
    "SafeProxy": "contracts/proxies/SafeProxy.sol",
    "MultiSendCallOnly": "contracts/libraries/MultiSendCallOnly.sol",
}
_DELEGATE = 1


@dataclass(frozen=True)
class RealSafe:
    """A Safe of one owner, the first development account, and what is needed to let it act."""

    chain: Chain
    address: Address
    abi: Sequence[dict[str, Any]]
    multi_send: Address
    multi_abi: Sequence[dict[str, Any]]

    def execute(self, to: Address, data: bytes, safe_tx_hash: str, *, operation: int = 0) -> None:
        """The owner signs this hash, and the Safe makes the call."""
        signed = Account.unsafe_sign_hash(bytes.fromhex(safe_tx_hash[2:]), dev_key(0))
        signature = signed.r.to_bytes(32, "big") + signed.s.to_bytes(32, "big") + bytes([signed.v])
        arguments = [to, 0, data, operation, 0, 0, 0, ZERO_ADDRESS, ZERO_ADDRESS, signature]
        send(self.chain, OWNER, to=self.address, data=encode_call(self.abi, "execTransaction", arguments))

    def execute_file(self, path: Path) -> None:
        """All calls of a Transaction Builder's file in one transaction, as that application does."""
        calls = json.loads(path.read_text())["transactions"]
        packed = b"".join(_packed(call["to"], bytes.fromhex(call["data"][2:])) for call in calls)
        data = encode_call(self.multi_abi, "multiSend", [packed])
        nonce = int.from_bytes(self.chain.call(self.address, bytes.fromhex("affed0e0")).data, "big")
        fields = [self.multi_send, 0, data, _DELEGATE, 0, 0, 0, ZERO_ADDRESS, ZERO_ADDRESS, nonce]
        asked = self.chain.call(self.address, encode_call(self.abi, "getTransactionHash", fields))
        self.execute(self.multi_send, data, f"0x{asked.data.hex()}", operation=_DELEGATE)


def real_safe(chain: Chain, folder: Path) -> RealSafe:
    """Fetch the package into `folder`, and deploy its contracts."""
    npm = required("npm")
    package = f"@safe-global/safe-contracts@{SAFE_VERSION}"
    subprocess.run([npm, "pack", "--silent", package], cwd=folder, check=True, capture_output=True, timeout=120)
    (archive,) = folder.glob("*.tgz")
    shutil.unpack_archive(archive, folder, filter="data")
    found = {name: _artifact(folder, name) for name in _FOLDERS}
    _, singleton = deploy_contract(chain, OWNER, found["Safe"], ())
    _, proxy = deploy_contract(chain, OWNER, found["SafeProxy"], (singleton,))
    _, multi_send = deploy_contract(chain, OWNER, found["MultiSendCallOnly"], ())
    setup = [[OWNER.address], 1, ZERO_ADDRESS, b"", ZERO_ADDRESS, ZERO_ADDRESS, 0, ZERO_ADDRESS]
    send(chain, OWNER, to=proxy, data=encode_call(found["Safe"].abi, "setup", setup))
    return RealSafe(chain, proxy, found["Safe"].abi, multi_send, found["MultiSendCallOnly"].abi)


def _artifact(folder: Path, name: str) -> ContractArtifact:
    path = folder / "package" / "build" / "artifacts" / _FOLDERS[name] / f"{name}.json"
    document = json.loads(path.read_text())
    return ContractArtifact(
        name=name,
        abi=tuple(document["abi"]),
        bytecode=bytes.fromhex(document["bytecode"][2:]),
        deployed_bytecode=bytes.fromhex(document["deployedBytecode"][2:]),
        compiler="",
        solc_input="",
    )


def _packed(to: str, data: bytes) -> bytes:
    return b"\0" + bytes.fromhex(to[2:]) + (0).to_bytes(32, "big") + len(data).to_bytes(32, "big") + data


@dataclass(frozen=True)
class StandIn:
    """Acts when it is given the hash of a call, which the owners of a Safe would have signed."""

    chain: Chain
    address: Address
    abi: Sequence[dict[str, Any]]

    def execute_file(self, path: Path, hashes: Sequence[str]) -> None:
        for call, safe_tx_hash in zip(json.loads(path.read_text())["transactions"], hashes, strict=True):
            arguments = [call["to"], bytes.fromhex(call["data"][2:]), bytes.fromhex(safe_tx_hash[2:])]
            send(self.chain, OWNER, to=self.address, data=encode_call(self.abi, "execute", arguments))


def stand_in_safe(chain: Chain, *, version: str = "1.4.1", salt: bytes = bytes(32)) -> StandIn:
    """Deploy one. With a salt it computes other hashes than a Safe."""
    source = (Path(__file__).parent / "StandInSafe.sol").read_text()
    artifact = compile_contract("StandInSafe", {"StandInSafe.sol": source}, find_compiler())
    _, at = deploy_contract(chain, OWNER, artifact, (version, salt))
    return StandIn(chain, at, artifact.abi)
