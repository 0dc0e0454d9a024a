"""Health: four hospitals train a triage model together, without showing a patient, and a clinic is routed by it.

Run: python examples/health/story.py [WORKDIR]

The plan and the hospitals' samples are copied to WORKDIR, by default out/health where it is run; the federation runs
there on a local devnet, and lineage.html shows what the model comes from.
"""

import sys
import webbrowser
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from federation import begin_trained, question, show_lineage
from story import workdir_of

#: Seconds for which findings describe the patient: a day.
MAX_AGE = 24 * 3600


def main(workdir: Path) -> Path:
    story, published = begin_trained(HERE, workdir, "TrainedTriageRouter", lambda yes, _: (yes, MAX_AGE))
    proved = story.prove(question(workdir, answer=1))
    story.submit(proved)
    story.act("route", proved)
    (routine,), (urgent,) = (story.ask("queueLength", queue) for queue in (0, 1))
    print(f"queues:   {urgent} urgent, {routine} routine")
    return show_lineage(workdir, published, story.config)


if __name__ == "__main__":
    picture = main(workdir_of(HERE))
    if sys.stdout.isatty():
        webbrowser.open(picture.as_uri())
