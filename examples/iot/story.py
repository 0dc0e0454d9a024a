"""IoT: the operators of four plants train a fault detector together, and a pump's switch believes it.

Run: python examples/iot/story.py [WORKDIR]
"""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from federation import begin_trained, question, show_lineage
from story import workdir_of

MAX_SILENCE = 3600


def main(workdir: Path) -> None:
    story, published = begin_trained(
        HERE, workdir, "TrainedSensorSwitch", lambda yes, operator: (operator, yes, MAX_SILENCE)
    )
    proved = story.prove(question(workdir, answer=1))
    story.submit(proved)
    story.act("report", proved)
    (on,) = story.ask("isOn", story.signer.address)
    print(f"switch:   {'on' if on else 'tripped'}")
    show_lineage(workdir, published, story.config)


if __name__ == "__main__":
    main(workdir_of(HERE))
