"""Prove the rules in tests/contracts/Symbolic.t.sol for all values of their arguments, with halmos.

    python scripts/prove_contracts.py

A rule that holds whatever the contracts do shows nothing: in a copy where each of BREAKS is made, every rule has to
fail, by a counterexample. Needs forge and solc from npm and halmos on PATH (make prove-contracts). Nothing is
downloaded.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from check_contracts import ROOT, forge_path

RULES = Path("tests/contracts/Symbolic.t.sol")
#: Loops are followed so far: the longest has four rounds, one for each part of a layout.
LOOP = 5
#: What each rule stands on: the file, what is there, and what takes its place.
BREAKS = {
    "check_noReplay": (
        "contracts/gateway/StatementBook.sol",
        "if (_records[statement].recordedAt != 0) revert AlreadyRecorded(statement);",
        "",
    ),
    "check_onlyTheOwner": (
        "contracts/registry/ModelOwnership.sol",
        "if (_known(modelId).owner != msg.sender) revert NotModelOwner(modelId, msg.sender);",
        "_known(modelId);",
    ),
    "check_ownershipNeedsAnOffer": (
        "contracts/registry/ModelOwnership.sol",
        "if (pendingOwnerOf[modelId] != msg.sender) revert NotOffered(modelId, msg.sender);",
        "",
    ),
    "check_stoppedStaysStopped": (
        "contracts/gateway/StatementCheck.sol",
        "if (route.stopped) revert ModelIsStopped(modelId);",
        "",
    ),
    "check_pinsAreKept": (
        "contracts/libraries/CodePin.sol",
        "if (found != expected) revert CodeHashMismatch(account, expected, found);",
        "expected; found;",
    ),
    "check_onlyTheTagIsAccepted": (
        "contracts/gateway/StatementCheck.sol",
        "if (instances[layout.bindingStart] != bindingTag(modelId, binding)) revert BindingMismatch();",
        "if ((instances[layout.bindingStart] ^ bindingTag(modelId, binding)) >> 1 != 0) revert BindingMismatch();",
    ),
    "check_tagsLieInTheField": (
        "contracts/gateway/StatementCheck.sol",
        "_TAG_MASK = (1 << 252) - 1;",
        "_TAG_MASK = (1 << 254) - 1;",
    ),
    "check_oneWordForEachElement": (
        "contracts/gateway/StatementCheck.sol",
        "if (instances[i] >= Bn254.R) revert InstanceOutOfField(i);",
        "if (instances[i] > Bn254.R) revert InstanceOutOfField(i);",
    ),
    "check_signedIsTheSameModuloTheOrder": ("contracts/libraries/Bn254.sol", "element > R / 2 ?", "element > R / 3 ?"),
}


def main() -> int:
    """0 when every rule in the file was proved, and every one fails where what it stands on is broken."""
    wanted = set(re.findall(r"function (check_\w+)", (ROOT / RULES).read_text(encoding="utf-8")))
    if wanted != set(BREAKS):
        print(f"rules without a break of their own, or the other way round: {wanted ^ set(BREAKS)}", file=sys.stderr)
        return 1
    output = verdicts_in(ROOT)
    if _named("PASS", output) != wanted or "loop unrolling" in output:
        print(f"{output[-6000:]}\nnot every rule was proved", file=sys.stderr)
        return 1
    print(f"{len(wanted)} rules proved for all values", flush=True)
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as folder:
        output = verdicts_in(broken_copy(Path(folder)))
    if _named("FAIL", output) != wanted:
        print(f"{output[-6000:]}\nrules that say nothing: {wanted - _named('FAIL', output)}", file=sys.stderr)
        return 1
    print("each fails where what it stands on is broken")
    return 0


def verdicts_in(folder: Path) -> str:
    """What halmos says of every rule, in this copy of the project."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{forge_path().parent}{os.pathsep}{os.environ['PATH']}",
        "ZKCHAIN_PYTHON": sys.executable,
        "FOUNDRY_DENY": "never",  # halmos builds the tests too, which are not linted
    }
    command = ["halmos", "--contract", "SymbolicTest", "--forge-build-out", "build/forge/out", "--loop", str(LOOP)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return re.sub(r"\x1b\[\d+m", "", done.stderr + done.stdout)  # coloured, whoever reads it


def broken_copy(folder: Path) -> Path:
    """The project with every break made, in `folder`."""
    for name in ("contracts", "tests/contracts", "scripts"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copyfile(ROOT / "foundry.toml", folder / "foundry.toml")
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    for file, old, new in BREAKS.values():
        path = folder / file
        text = path.read_text(encoding="utf-8")
        if text.count(old) != 1:
            raise SystemExit(f"{file} has {text.count(old)} places like {old!r}, not one")
        path.write_text(text.replace(old, new), encoding="utf-8")
    return folder


def _named(verdict: str, output: str) -> set[str]:
    """Rules with this verdict. An error or a time-out is neither."""
    return set(re.findall(rf"\[{verdict}\] (check_\w+)", output))


if __name__ == "__main__":
    raise SystemExit(main())
