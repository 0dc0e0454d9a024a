"""Finance: an applicant opens a credit line by proving the score of an application that stays private.

Run: python examples/credit_scoring/story.py [WORKDIR]
"""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from story import begin, fixed_point

LINE = 10_000


def main(workdir: Path) -> int:
    """The applicant's line after one proved application."""
    story = begin(HERE, workdir, "CreditScore", "CreditGate", lambda bundle, _: (fixed_point(bundle, 0.0), LINE))
    proved = story.prove(HERE / "input.json", workdir / "credit.proof.json")
    story.submit(proved)
    story.act("open", proved)
    (line,) = story.ask("lineOf", story.signer.address)
    print(f"line:     {story.signer.address} may draw {line}")
    return int(line)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else ".").absolute())
