"""`zkchain tune`."""

from pathlib import Path
from typing import Any

import click

from ..circuit.tune.forms import FormName
from ..config import read_config
from ..errors import UsageError
from ..pipeline.engine import make_engine
from ..pipeline.tune import TUNE_SECONDS, TuneResult, tune_model
from .answer import Answer, Line, byte_count
from .circuits import circuit_options, compile_options
from .command import command
from .output import Screen
from .parameters import PATH


@command(
    "tune",
    examples=[
        "zkchain tune model.onnx --samples samples.json --report tuning.html",
        "zkchain tune model.onnx --samples samples.json --max-error 0.01 --out settings.json",
    ],
)
@click.argument("model", type=PATH)
@circuit_options
@click.option(
    "--tune-seconds",
    type=click.FloatRange(min=0),
    default=TUNE_SECONDS,
    show_default=True,
    help="Prove the best candidates for real for about so long.",
)
@click.option("--report", "report_path", type=PATH, help="Write a page with every candidate to this .html file.")
@click.option("--out", type=PATH, help="Write the winner's settings here, for compile --settings.")
def entry(
    screen: Screen,
    *,
    model: Path,
    samples: Path,
    dims: dict[str, int],
    tune_seconds: float,
    report_path: Path | None,
    out: Path | None,
    **chosen: Any,
) -> Answer:
    """Search for the best circuit of the ONNX file MODEL, prove the best few for real, and say why the winner won."""
    options = compile_options(**chosen)
    if options.input_by_gas:
        raise UsageError("input=auto is compile's choice; a search is of one circuit", remedy="name the visibility")
    config = read_config()
    result = tune_model(
        model,
        samples,
        config=config,
        prover=make_engine(config),
        options=options,
        dims=dims,
        seconds=tune_seconds,
        report_path=report_path,
        settings_path=out,
        report=screen.report,
    )
    return _answer(result)


_FORMS: dict[FormName, str] = {
    "original": "the model as it is",
    "whole": "the model, simplified",
    "products": "convolutions as matrix products",
    "narrow": "exponentials in two parts",
    "narrow products": "convolutions as matrix products, exponentials in two parts",
}


def _answer(result: TuneResult) -> Answer:
    tuned, winner = result.tuned, result.tuned.winner
    cost, run_args = winner.candidate.cost, winner.settings["run_args"]
    facts: dict[str, object] = {
        "model_digest": result.model.digest,
        "run_args": run_args,
        "form": winner.candidate.form,
        "predicted": cost.to_json(),
        "measured": winner.lap.to_json() if winner.lap else None,
        "max_abs_error": winner.fidelity.max_abs_error,
        "mean_abs_error": winner.fidelity.mean_abs_error,
        "flips": winner.flips,
        "bound": tuned.bound.to_json(),
        "numerics_tried": len(tuned.judged),
        "layouts_considered": len(tuned.candidates),
        "proved": sum(finalist.lap is not None for finalist in tuned.finalists),
        "report": str(result.report) if result.report else None,
        "settings": str(result.settings) if result.settings else None,
        "seconds": result.seconds,
    }
    scales = f"2^{run_args['input_scale']} for inputs, 2^{run_args['param_scale']} for parameters"
    lines: list[Line] = [
        ("winner", f"2^{run_args['logrows']} rows, base {run_args['decomp_base']} with {run_args['decomp_legs']} legs"),
        ("form", _FORMS[winner.candidate.form]),
        ("scales", f"{scales}, rebased every {run_args['scale_rebase_multiplier']}"),
        ("accuracy", f"error at most {winner.fidelity.max_abs_error:.3g}, {winner.flips:.2%} of labels changed"),
        ("predicted", f"{cost.prove_seconds:.2f} s to prove, {byte_count(cost.proving_key_bytes)} of key"),
        *_measured(result),
        ("tried", f"{len(tuned.judged)} choices of numbers, {len(tuned.candidates)} layouts"),
        *((("report", str(result.report)),) if result.report else ()),
        *((("settings", str(result.settings)),) if result.settings else ()),
        ("took", f"{result.seconds:.1f} s"),
    ]
    return Answer(facts=facts, lines=lines)


def _measured(result: TuneResult) -> list[Line]:
    lap = result.tuned.winner.lap
    if lap is None:
        return []
    return [("measured", f"{lap.prove_seconds:.2f} s to prove, {byte_count(lap.proving_key_bytes)} of key")]
