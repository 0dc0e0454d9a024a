"""Measure the scorecard, print it, and write it down.

python -m benchmarks.faults [--only WORD] [--out FILE]
"""

import argparse
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from zkchain.files import parse_json, write_atomic, write_json

from ..machine import Watch, this_machine, version
from .chain_ids import wrong_chain
from .fees import replaced, spiked
from .kills import killed
from .reorgs import reorganised
from .score import Measured, Row, attempted, table
from .sending import lost_answers, node_down, shared_key

RESULTS = Path(__file__).resolve().parents[1] / "faults.json"
PAGE = Path(__file__).with_name("README.md")
#: Everything behind this line of the page is generated.
MARK = "<!-- Written by python -m benchmarks.faults from here to the end. -->"
SCENARIOS: dict[str, Callable[[], Row]] = {
    "shared": shared_key,
    "lost": lost_answers,
    "killed": killed,
    "reorgs": reorganised,
    "fees": spiked,
    "replaced": replaced,
    "down": node_down,
    "chains": wrong_chain,
}


def main(arguments: list[str]) -> int:
    """0 when every row that was measured passes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument("--only", choices=SCENARIOS, action="append", help="measure these rows; the others stay")
    parser.add_argument("--out", type=Path, default=RESULTS)
    chosen = parser.parse_args(arguments)
    # Nodes are stopped on the way out, which a plain end by SIGTERM would leave out.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    known = read_scorecard(chosen.out)
    measured = chosen.only or list(SCENARIOS)
    for name in measured:
        print(f"{name} ...", file=sys.stderr, flush=True)
        watch, row = Watch(), attempted(name, SCENARIOS[name])
        # A row at a time, so that what was measured is not lost with what comes after it.
        known[name] = Measured(row=row, zkchain=version(), others=watch.others())
        rows = {key: known[key].to_json() for key in SCENARIOS if key in known}
        write_json(chosen.out, {"machine": this_machine().to_json(), "rows": rows})
    shown = table([known[name].row for name in SCENARIOS if name in known])
    if chosen.out == RESULTS:
        write_atomic(PAGE, f"{PAGE.read_text(encoding='utf-8').partition(MARK)[0]}{MARK}\n\n{shown}\n".encode())
    print(shown)
    return 0 if all(known[name].row.passed for name in measured) else 1


def read_scorecard(path: Path) -> dict[str, Measured]:
    """The rows of a results file; none when there is no file. Raises ValueError, TypeError, KeyError for another."""
    if not path.is_file():
        return {}
    rows = parse_json(path.read_bytes())["rows"]
    return {name: Measured.from_json(row) for name, row in rows.items() if name in SCENARIOS}


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
