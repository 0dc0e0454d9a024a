"""Prove the rules in tests/contracts/Symbolic.t.sol for all values of their arguments, with halmos.

    python scripts/prove_contracts.py

Needs forge and solc from npm and halmos on PATH (make prove-contracts). Nothing is downloaded.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

from check_contracts import ROOT, forge_path

RULES = ROOT / "tests" / "contracts" / "Symbolic.t.sol"
#: Loops are followed so far: the longest has nine rounds, one for each limb.
LOOP = 10


def main() -> int:
    """0 when every rule in the file was proved, and none left out."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{forge_path().parent}{os.pathsep}{os.environ['PATH']}",
        "ZKCHAIN_PYTHON": sys.executable,
        "FOUNDRY_DENY": "never",  # halmos builds the tests too, which are not linted
    }
    command = ["halmos", "--contract", "SymbolicTest", "--forge-build-out", "build/forge/out", "--loop", str(LOOP)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    wanted = len(re.findall(r"function check_", RULES.read_text(encoding="utf-8")))
    found = re.search(r"Symbolic test result: (\d+) passed; (\d+) failed", done.stdout)
    if (
        done.returncode != 0
        or found is None
        or found[2] != "0"
        or int(found[1]) != wanted
        or "loop unrolling" in done.stdout
    ):
        print(f"{done.stdout[-4000:]}{done.stderr[-2000:]}\nnot every rule was proved", file=sys.stderr)
        return 1
    print(f"{wanted} rules proved for all values")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
