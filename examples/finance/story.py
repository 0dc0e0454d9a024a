"""Finance: four banks train a credit score together, without showing an application, and a lender reads it.

Run: python examples/finance/story.py [WORKDIR]
"""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from federation import begin_trained, question, show_lineage
from story import workdir_of

LINE = 10_000
#: Seconds for which a score is good: a week.
MAX_AGE = 7 * 24 * 3600


def main(workdir: Path) -> None:
    story, published = begin_trained(HERE, workdir, "TrainedCreditGate", lambda yes, _: (yes, LINE, MAX_AGE))
    proved = story.prove(question(workdir, answer=1))
    story.submit(proved)
    story.act("open", proved)
    (line,) = story.ask("lineOf", story.signer.address)
    print(f"line:     {story.signer.address} may draw {line}")
    show_lineage(workdir, published, story.config)


if __name__ == "__main__":
    main(workdir_of(HERE))
