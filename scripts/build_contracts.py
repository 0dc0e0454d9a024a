"""Compile contracts/ into zkchain/solidity/artifacts/; with --check, only compare byte for byte.

python scripts/build_contracts.py [--check]
"""

import json
import posixpath
import re
import sys
from pathlib import Path

from zkchain.files import write_atomic
from zkchain.records import ContractArtifact
from zkchain.solidity.artifacts import ARTIFACTS
from zkchain.solidity.compile import compile_contract
from zkchain.solidity.solc import Compiler, find_compiler

ROOT = Path(__file__).resolve().parents[1]
CONTRACTS = ROOT / "contracts"
FOLDER = ROOT / "zkchain" / "solidity" / "artifacts"
IMPORT = re.compile(r'^import (?:\{[^}]*\} from )?"([^"]+)";', re.MULTILINE)


def sources_of(unit: str, found: dict[str, str]) -> dict[str, str]:
    """The text of `unit` and of everything it imports, by source unit name."""
    if unit not in found:
        # A package's unit is named as it is imported, which is how explorers know it too.
        path = ROOT / "node_modules" / unit if unit.startswith("@") else ROOT / unit
        found[unit] = path.read_text(encoding="utf-8")
        for target in IMPORT.findall(found[unit]):
            local = target.startswith(".")
            sources_of(posixpath.normpath(posixpath.join(posixpath.dirname(unit), target)) if local else target, found)
    return found


def build(name: str, compiler: Compiler) -> ContractArtifact:
    """Compile the contract that lies in the one file called `name`.sol."""
    (path,) = CONTRACTS.rglob(f"{name}.sol")
    return compile_contract(name, sources_of(path.relative_to(ROOT).as_posix(), {}), compiler)


def rendered(artifact: ContractArtifact) -> bytes:
    """The committed form: one key a line."""
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in artifact.to_json().items()]
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode("ascii")


def main(arguments: list[str]) -> int:
    """Build or check all artefacts."""
    check = arguments == ["--check"]
    if arguments and not check:
        print("usage: build_contracts.py [--check]", file=sys.stderr)
        return 2
    compiler = find_compiler(cwd=ROOT)
    stale = 0
    for name in ARTIFACTS:
        data, path = rendered(build(name, compiler)), FOLDER / f"{name}.json"
        if check and not (path.is_file() and path.read_bytes() == data):
            stale += 1
            print(f"{path.relative_to(ROOT)} differs from what its source compiles to", file=sys.stderr)
        elif not check:
            write_atomic(path, data)
    print(f"{len(ARTIFACTS) - stale} of {len(ARTIFACTS)} artefacts are current ({compiler.where})")
    return 1 if stale else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
