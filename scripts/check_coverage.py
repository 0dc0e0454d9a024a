"""Line and branch coverage of the contracts written by hand, by forge's tests.

    python scripts/check_coverage.py

Takes minutes: forge compiles everything once more, without the optimizer.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

from check_contracts import ROOT, forge_path

LINES, BRANCHES = 95.0, 90.0
#: Generated code, and probes, which run inside a call and not in forge's tests.
LEFT_OUT = "(tests|generated|node_modules|conformance)"
#: Limits of gas are of code that was optimized.
NOT_RUN = "LedgerGas"
_TOTAL = re.compile(r"^\| Total\s*\|\s*([\d.]+)%[^|]*\|[^|]*\|\s*([\d.]+)%", re.MULTILINE)


def main() -> int:
    """0 when both shares are reached."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{forge_path().parent}{os.pathsep}{os.environ['PATH']}",
        "ZKCHAIN_PYTHON": sys.executable,
    }
    command = ["forge", "coverage", "--ir-minimum", "--report", "summary", "--no-match-coverage", LEFT_OUT]
    command += ["--no-match-contract", NOT_RUN]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    found = _TOTAL.search(done.stdout)
    if done.returncode != 0 or found is None:
        print(f"{done.stdout[-4000:]}{done.stderr[-2000:]}\nno coverage was measured", file=sys.stderr)
        return 1
    lines, branches = float(found[1]), float(found[2])
    print(f"{lines} % of lines, {branches} % of branches (at least {LINES} and {BRANCHES} are wanted)")
    return 0 if lines >= LINES and branches >= BRANCHES else 1


if __name__ == "__main__":
    raise SystemExit(main())
