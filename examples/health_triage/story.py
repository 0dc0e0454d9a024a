"""Health: a clinic proves that a biopsy is urgent without showing its measurements.

Run: python examples/health_triage/story.py [WORKDIR]
"""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from story import begin, fixed_point


def main(workdir: Path) -> int:
    """The length of the urgent queue after one proved biopsy."""
    story = begin(HERE, workdir, "BreastCancerTriage", "TriageRouter", lambda bundle, _: (fixed_point(bundle, 0.0),))
    proved = story.prove(HERE / "input.json", workdir / "triage.proof.json")
    story.submit(proved)
    story.act("route", proved)
    routine, urgent = (story.ask("queueLength", queue)[0] for queue in (0, 1))
    print(f"queues:   {urgent} urgent, {routine} routine")
    return int(urgent)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else ".").absolute())
