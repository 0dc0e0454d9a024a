"""`zkchain doctor`."""

from collections.abc import Sequence

from ..config import read_config
from ..pipeline.doctor import Check, run_doctor
from .answer import Answer, Line
from .command import command
from .output import Screen


@command("doctor", examples=["zkchain doctor", "zkchain doctor --json"])
def entry(screen: Screen) -> Answer:
    """Say what this machine has and lacks, and how to put it right; exit code 1 when something needed fails."""
    checks = run_doctor(read_config())
    healthy = all(check.ok for check in checks)
    return Answer(
        facts={"ok": healthy, "checks": [check.to_json() for check in checks]}, lines=_lines(checks), good=healthy
    )


def _lines(checks: Sequence[Check]) -> list[Line]:
    lines: list[Line] = []
    for check in checks:
        state = "FAILS" if not check.ok else "ok" if check.found else "absent"
        found = " ".join(part for part in (check.version, check.where) if part)
        lines.append((check.part, f"{state:8}{found}".rstrip()))
        if check.remedy:
            lines.append(("", f"{'':8}try: {check.remedy}"))
    return lines
