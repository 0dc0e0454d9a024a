"""IoT: a pump proves an anomaly in readings that stay with it, and its switch trips.

Run: python examples/sensor_anomaly/story.py [WORKDIR]
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from story import begin, fixed_point

MAX_SILENCE = 3600


def main(workdir: Path) -> bool:
    """Whether the pump is still on after one proved report."""
    threshold = json.loads((HERE / "about.json").read_text())["threshold"]
    story = begin(
        HERE,
        workdir,
        "PumpAnomaly",
        "SensorSwitch",
        lambda bundle, operator: (operator, fixed_point(bundle, threshold), MAX_SILENCE),
    )
    proved = story.prove(HERE / "input.json", workdir / "sensor.proof.json")
    story.submit(proved)
    story.act("report", proved)
    (on,) = story.ask("isOn", story.signer.address)
    print(f"switch:   {'on' if on else 'tripped'}")
    return bool(on)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else ".").absolute())
