"""Prove the rules of the tests called Symbolic for all values of their arguments, with halmos.

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

RULES = (Path("tests/contracts/Symbolic.t.sol"), Path("tests/contracts/training/SymbolicLedger.t.sol"))
CONTRACTS = r"^Symbolic\w*Test$"
#: Loops are followed so far: the longest have four rounds, as one for each part of a layout.
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
    "check_coordinatesLieInTheField": (
        "contracts/libraries/G1.sol",
        "if (!inField || mulmod",
        "if (inField && mulmod",
    ),
    "check_onlyTheCoordinator": (
        "contracts/training/LedgerSetup.sol",
        "if (msg.sender != _COORDINATOR) revert NotCoordinator(msg.sender);",
        "",
    ),
    "check_closingTakesTheSumOfTheUpdates": (
        "contracts/training/Aggregation.sol",
        "if (!G1.equal(left, _sum(clients, points, chunk))) revert SumMismatch(chunk);",
        "left;",
    ),
    "check_theModelChangesByClosingAlone": (
        "contracts/training/RoundClock.sol",
        "_finish(Phase.Aborted);",
        "_finish(Phase.Aborted); currentModel = 0;",
    ),
    "check_onlyAnUpdateIsCharged": (
        "contracts/training/ClientBook.sol",
        "one.enrolled = false;",
        "(one.enrolled, one.participations) = (false, 0);",
    ),
    "check_theBudgetIsKept": (
        "contracts/training/ClientBook.sol",
        "client.participations / client.batches < client.allowed;",
        "client.participations / client.batches <= client.allowed;",
    ),
    "check_nobodyJoinsTwice": (
        "contracts/training/UpdateBook.sol",
        "if (client.round == round && client.stage != Stage.None) revert AlreadyJoined(msg.sender);",
        "",
    ),
    "check_nobodyCommitsTwice": (
        "contracts/training/UpdateBook.sol",
        "            revert NoiseAlreadyCommitted(msg.sender);",
        "",
    ),
    "check_whoKnowsTheBeaconWaits": (
        "contracts/training/ClientBook.sol",
        "if (_live.phase == Phase.Noise) (client.round, client.stage) = (_live.round, Stage.None);",
        "client;",
    ),
    "check_nobodySubmitsTwice": (
        "contracts/training/UpdateBook.sol",
        "if (client.stage == Stage.Submitted) revert AlreadySubmitted(msg.sender);",
        "",
    ),
    "check_nobodySubmitsAnothersUpdate": (
        "contracts/training/UpdateBook.sol",
        "if (own != client.secretsHash) revert OtherUpdate(client.secretsHash, own);",
        "own;",
    ),
    "check_aProofIsOfTheBatchAndTheModel": (
        "contracts/training/UpdateBook.sol",
        "if (found != currentModel) revert WrongModel(currentModel, found);",
        "found;",
    ),
    "check_everyStepHasItsPhase": (
        "contracts/training/RoundClock.sol",
        "if (live.phase != wanted) revert WrongPhase(uint8(wanted), uint8(live.phase));",
        "wanted;",
    ),
    "check_nothingIsDoneTooLate": (
        "contracts/training/RoundClock.sol",
        "if (block.timestamp > deadline) revert TooLate(deadline);",
        "deadline;",
    ),
    "check_nothingIsEndedTooEarly": (
        "contracts/training/RoundClock.sol",
        "if (block.timestamp <= deadline) revert TooEarly(deadline);",
        "deadline;",
    ),
    "check_theExpelledTakeNoStep": (
        "contracts/training/ClientBook.sol",
        "if (!one.enrolled) revert NotEnrolled(client);",
        "",
    ),
    "check_onlyWhoDidNotRevealIsStruck": (
        "contracts/training/Disputes.sol",
        "if (one.revealed == _CHUNKS) revert AlreadyRevealed(client);",
        "",
    ),
}


def main() -> int:
    """0 when every rule in the file was proved, and every one fails where what it stands on is broken."""
    text = "".join((ROOT / path).read_text(encoding="utf-8") for path in RULES)
    wanted = set(re.findall(r"function (check_\w+)", text))
    if wanted != set(BREAKS):
        print(f"rules without a break of their own, or the other way round: {wanted ^ set(BREAKS)}", file=sys.stderr)
        return 1
    output = verdicts_in(ROOT)
    if _named("PASS", output) != wanted or "loop unrolling" in output:
        print(f"{output[-6000:]}\nnot every rule was proved", file=sys.stderr)
        return 1
    print(f"{len(wanted)} rules proved for all values", flush=True)
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as folder:
        output = verdicts_in(broken_copy(Path(folder)), "--early-exit")  # one counterexample is enough
    if _named("FAIL", output) != wanted:
        print(f"{output[-6000:]}\nrules that say nothing: {wanted - _named('FAIL', output)}", file=sys.stderr)
        return 1
    print("each fails where what it stands on is broken")
    return 0


def verdicts_in(folder: Path, *options: str) -> str:
    """What halmos says of every rule, in this copy of the project."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{forge_path().parent}{os.pathsep}{os.environ['PATH']}",
        "ZKCHAIN_PYTHON": sys.executable,
        "FOUNDRY_DENY": "never",  # halmos builds the tests too, which are not linted
    }
    out = "build/forge/out"
    command = ["halmos", "--match-contract", CONTRACTS, "--forge-build-out", out, "--loop", str(LOOP), *options]
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
