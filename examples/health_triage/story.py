"""Health: a clinic proves that a biopsy is urgent without showing its measurements.

Run: python examples/health_triage/story.py [WORKDIR]
"""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from story import Story, begin, fixed_point, workdir_of

URGENT_FROM = 0.0
#: Seconds for which findings describe the patient: a day.
MAX_AGE = 24 * 3600


def start(workdir: Path) -> Story:
    """The triage model behind a gateway, and a router that believes it."""
    return begin(HERE, workdir, "TriageRouter", lambda bundle, _: (fixed_point(bundle, URGENT_FROM), MAX_AGE))


def queues(story: Story) -> tuple[int, int]:
    """Lengths of the routine and of the urgent queue."""
    (routine,), (urgent,) = (story.ask("queueLength", queue) for queue in (0, 1))
    return routine, urgent


def main(workdir: Path) -> None:
    story = start(workdir)
    proved = story.prove(HERE / "input.json")
    story.submit(proved)
    story.act("route", proved)
    routine, urgent = queues(story)
    print(f"queues:   {urgent} urgent, {routine} routine")


if __name__ == "__main__":
    main(workdir_of(HERE))
