"""Finance: an applicant opens a credit line by proving the score of an application that stays private.

Run: python examples/credit_scoring/story.py [WORKDIR]
"""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from story import Story, begin, fixed_point, workdir_of

MIN_SCORE, LINE = 0.0, 10_000
#: Seconds for which a score is good: a week.
MAX_AGE = 7 * 24 * 3600


def start(workdir: Path) -> Story:
    """The scoring model behind a gateway, and a gate that believes it."""
    return begin(HERE, workdir, "CreditGate", lambda bundle, _: (fixed_point(bundle, MIN_SCORE), LINE, MAX_AGE))


def main(workdir: Path) -> None:
    story = start(workdir)
    proved = story.prove(HERE / "input.json")
    story.submit(proved)
    story.act("open", proved)
    (line,) = story.ask("lineOf", story.signer.address)
    print(f"line:     {story.signer.address} may draw {line}")


if __name__ == "__main__":
    main(workdir_of(HERE))
