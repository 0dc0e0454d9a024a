"""Check contracts/ as CI does: format, build without warnings, forge tests, slither.

    python scripts/check_contracts.py

Needs forge and solc from npm (make contracts) and slither in the environment. Nothing is downloaded.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def forge_path() -> Path:
    """The forge binary of node_modules, or the one on PATH."""
    found = sorted(ROOT.glob("node_modules/@foundry-rs/forge-*/bin/forge"))
    other = shutil.which("forge")
    if not found and other is None:
        raise SystemExit("forge was not found; run: make contracts")
    return found[0] if found else Path(str(other))


def run(*command: str) -> str:
    """Run one step at the root; its output if it succeeds, the end of the script if not."""
    print("$", " ".join(command), flush=True)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{done.stdout}{done.stderr}\nfailed: {' '.join(command)}")
    return done.stdout + done.stderr


def passed_tests(output: str) -> int:
    """Number of forge tests that passed; ends the script unless all that exist did."""
    found = re.search(r"(\d+) tests passed, 0 failed, 0 skipped \((\d+) total tests\)", output)
    if found is None or found[1] != found[2] or found[1] == "0":
        raise SystemExit(f"{output}\nforge test: not every test ran and passed")
    return int(found[1])


def analyzed(output: str, expected: int) -> int:
    """Number of contracts slither saw; ends the script if some were missed, for zero results of zero mean nothing."""
    found = re.search(r"analyzed \((\d+) contracts with \d+ detectors\), (\d+) result", output)
    if found is None or int(found[1]) < expected or found[2] != "0":
        raise SystemExit(f"{output}\nslither: expected 0 results of at least {expected} contracts")
    return int(found[1])


def main() -> int:
    """Run all steps."""
    forge = forge_path()
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{forge.parent}{os.pathsep}{os.environ['PATH']}"
    os.environ["ZKCHAIN_PYTHON"] = sys.executable
    run("forge", "fmt", "--check")
    run("forge", "build", "--build-info", "--force", "contracts")
    out = "build/forge/out"
    options = ["--foundry-ignore-compile", "--foundry-out-directory", out, "--fail-pedantic"]
    report = run("slither", ".", *options, "--config-file", "contracts/slither.config.json")
    contracts = analyzed(report, len(list((ROOT / "contracts").rglob("*.sol"))))
    tests = passed_tests(run("forge", "test"))
    print(f"{contracts} contracts analyzed, {tests} forge tests passed")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
