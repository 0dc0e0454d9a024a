"""IoT: a pump proves an anomaly in readings that stay with it, and its switch trips.

Run: python examples/sensor_anomaly/story.py [WORKDIR]
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from story import Story, begin, fixed_point, workdir_of

MAX_SILENCE = 3600


def start(workdir: Path) -> Story:
    """The anomaly model behind a gateway, and a switch that believes it; the signer is operator and pump at once."""
    trip_from = json.loads((HERE / "about.json").read_text())["threshold"]
    return begin(
        HERE,
        workdir,
        "SensorSwitch",
        lambda bundle, operator: (operator, fixed_point(bundle, trip_from), MAX_SILENCE),
    )


def main(workdir: Path) -> None:
    story = start(workdir)
    proved = story.prove(HERE / "input.json")
    story.submit(proved)
    story.act("report", proved)
    (on,) = story.ask("isOn", story.signer.address)
    print(f"switch:   {'on' if on else 'tripped'}")


if __name__ == "__main__":
    main(workdir_of(HERE))
