"""The result of `zkchain fidelity` as an answer."""

from ..circuit.fidelity_report import SectionFidelity, Violation
from ..pipeline.fidelity import FidelityCheck
from .answer import Answer, Line


def checked(result: FidelityCheck) -> Answer:
    """What was measured; good when no bound is broken. Figures outside of `sections` are those of the data."""
    data = result.report.section("data")
    facts: dict[str, object] = {
        "within": not result.violations,
        "bounds": result.bounds.to_json(),
        "violations": [item.to_json() for item in result.violations],
        "samples": data.samples,
        "max_abs_error": data.errors.max,
        "mean_abs_error": data.errors.mean,
        "p99_abs_error": data.errors.p99,
        "flips": data.flips,
        "beyond_tables": data.samples - data.answered,
        "tables": result.report.tables.to_json(),
        "sections": {section.name: _section(section) for section in result.report.sections},
        "report": None if result.page is None else str(result.page.absolute()),
        "report_sha256": result.page_sha256,
    }
    lines: list[Line] = [*((section.name, _summary(section)) for section in result.report.sections)]
    if result.page is not None:
        lines.append(("report", str(result.page)))
    if result.bounds.max_error is not None or result.bounds.max_flip is not None:
        lines.append(("bounds", "NOT WITHIN" if result.violations else "within"))
    lines += [("because", _because(item)) for item in result.violations]
    return Answer(facts=facts, lines=lines, good=not result.violations)


def _section(section: SectionFidelity) -> dict[str, object]:
    """Everything but what only pictures need."""
    facts = section.to_json()
    del facts["name"]
    facts["outputs"] = {
        output.pop("name"): {key: value for key, value in output.items() if key not in ("histogram", "points")}
        for output in facts["outputs"]
    }
    return {**facts, "answered": section.answered, "flips": section.flips}


def _summary(section: SectionFidelity) -> str:
    parts = [f"{section.samples:,} inputs"]
    if section.answered < section.samples:
        parts.append(f"{section.samples - section.answered:,} of them not provable")
    if section.answered:
        errors = section.errors
        parts.append(f"error at most {errors.max:.3g}, mean {errors.mean:.3g}, 99 % below {errors.p99:.3g}")
        unexplained = f" ({section.unexplained:,} unexplained)" if section.unexplained else ""
        parts.append(f"labels flipped {section.flipped:,}{unexplained}")
    return "; ".join(parts)


def _because(item: Violation) -> str:
    if item.measure == "unanswered":
        return f"{item.section}: {item.found:.3%} of the samples cannot be proved, so no error bound holds for them"
    if item.measure == "flips":
        return f"{item.section}: {item.found:.3%} of the labels flip; at most {item.allowed:.3%} may"
    return f"{item.section}: the error reaches {item.found:.4g}; at most {item.allowed:.4g} is allowed"
