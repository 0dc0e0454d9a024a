"""A user's own contract in a test: compiled, deployed and called."""

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ..chain.abi import encode_call
from ..chain.client import Chain
from ..chain.deploy import deploy_contract
from ..chain.registry import ContractAt, read
from ..chain.signer import Signer
from ..chain.transact import send
from ..errors import CompileFailed
from ..files import parse_json
from ..records import ContractArtifact, Receipt
from ..solidity.artifacts import ARTIFACTS, load_artifact
from ..solidity.compile import compile_contract
from ..solidity.solc import find_compiler
from ..values import Address

#: `import "zkchain/contracts/..."` is what ships with this release.
_PREFIX = "zkchain/"
_IMPORT = re.compile(r'(?:^|;)\s*import\s+(?:[^"\';]*from\s+)?["\']([^"\']+)["\']\s*;', re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedContract:
    """A contract on the test's chain."""

    chain: Chain
    signer: Signer
    artifact: ContractArtifact
    address: Address

    def send(self, function: str, *arguments: Any, signer: Signer | None = None) -> Receipt:
        """Send a transaction, by the test's account unless another signs.

        Raises TransactionReverted with the contract's reason, ValueError for arguments that do not fit.
        """
        data = encode_call(self.artifact.abi, function, list(arguments))
        return send(self.chain, signer or self.signer, to=self.address, data=data, abis=[self.artifact.abi])

    def call(self, function: str, *arguments: Any, sender: Address | None = None) -> Any:
        """What a view function returns: one value, or a tuple of several. Raises TransactionReverted."""
        at = ContractAt(self.address, self.artifact.abi)
        found = read(self.chain, at, function, list(arguments), sender=sender or self.signer.address)
        return found[0] if len(found) == 1 else found


def deployed(chain: Chain, signer: Signer, artifact: ContractArtifact, arguments: tuple[Any, ...]) -> DeployedContract:
    """Deploy `artifact`. Raises as `deploy_contract` does."""
    _, address = deploy_contract(chain, signer, artifact, arguments)
    return DeployedContract(chain=chain, signer=signer, artifact=artifact, address=address)


@cache
def compiled(path: Path, name: str) -> ContractArtifact:
    """The contract `name` in the file at `path`, compiled once a run.

    Imports are relative, or `zkchain/contracts/...` for what ships. Raises CompilerNotFound, CompileFailed, OSError.
    """
    sources = _sources(path.resolve())
    return compile_contract(name, sources, find_compiler(cwd=path.resolve().parent))


def _sources(path: Path) -> Mapping[str, str]:
    """The text of the file and of everything it imports, by source unit name."""
    found: dict[str, str] = {}
    wanted = [str(path)]
    while wanted:
        unit = wanted.pop()
        if unit not in found:
            found[unit] = _text(unit)
            wanted += [_resolved(unit, target) for target in _IMPORT.findall(found[unit])]
    return found


def _resolved(unit: str, target: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(unit), target)) if target.startswith(".") else target


def _text(unit: str) -> str:
    if unit.startswith("/"):
        return Path(unit).read_text(encoding="utf-8")
    shipped = _shipped()
    text = shipped.get(unit.removeprefix(_PREFIX)) if unit.startswith((_PREFIX, "@")) else None
    if text is None:
        raise CompileFailed(
            f"{unit!r} cannot be imported: it is no relative path, and no contract that ships with zkchain",
            remedy=f"import a relative path, or {_PREFIX}contracts/...",
            found=unit,
        )
    return text


@cache
def _shipped() -> Mapping[str, str]:
    """Every source that a shipped contract was compiled from."""
    found: dict[str, str] = {}
    for name in ARTIFACTS:
        text = load_artifact(name).solc_input
        sources = parse_json(text.encode())["sources"] if text else {}
        found |= {unit: source["content"] for unit, source in sources.items()}
    return found
