"""What compiling and tuning start from: a checked model, its samples by their use, and the float model's answers."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from ..circuit.bounds import bounds_of
from ..circuit.gate import Gate
from ..circuit.options import CompileOptions, refuse_empty_statements
from ..circuit.probes import ProbeSet, make_probes
from ..circuit.request import CompileRequest
from ..circuit.trial import synthetic_inputs
from ..circuit.tune import SampleSets
from ..circuit.tune.forms import FormName
from ..errors import SamplesUnreadable
from ..halo2 import InputData
from ..model import (
    Sample,
    check_operators,
    evaluate,
    load_model,
    read_samples,
    simplified,
    spread,
    to_input_data,
    with_matrix_products,
    with_narrow_tables,
)
from ..progress import Report, silent
from ..records import Model


def read_request(
    model_path: Path,
    samples_path: Path,
    options: CompileOptions,
    dims: Mapping[str, int] | None = None,
    report: Report = silent,
) -> CompileRequest:
    """Everything a circuit follows from. Raises ModelError, SampleError, UsageError and VisibilityRefused."""
    refuse_empty_statements(options)
    model = load_model(model_path, dims=dims, logits=options.logits)
    check_operators(model)
    samples = read_samples(samples_path, model.spec)
    if not samples:
        raise SamplesUnreadable(f"{samples_path} holds no sample", path=samples_path)
    report("running the float model")
    evaluate(model, samples)  # every sample the user gave must have an answer, judged or not
    data = [to_input_data(sample) for sample in samples]
    return CompileRequest(
        model=model,
        gate=Gate(
            probes=partial(_probes, model, samples),
            outputs=model.spec.outputs,
            encode=to_input_data,
        ),
        forms={"whole": model} if options.stock else forms_of(model),
        trial_inputs=synthetic_inputs(data),
        samples=_by_use(model, samples),
        options=options,
    )


def _probes(model: Model, samples: Sequence[Sample]) -> tuple[ProbeSet, ...]:
    bounds = bounds_of([to_input_data(sample) for sample in samples])
    return make_probes(samples, bounds, lambda inputs: evaluate(model, inputs))


def forms_of(original: Model) -> dict[FormName, Model]:
    """All forms of `original`, its own among them."""
    model = simplified(original)
    products = with_matrix_products(model)
    found: dict[FormName, Model | None] = {
        "whole": model,
        "products": None if products is model else products,
        "narrow": with_narrow_tables(model),
        "narrow products": None if products is model else with_narrow_tables(products),
        "original": None if model is original else original,
    }
    return {name: form for name, form in found.items() if form is not None}


def _by_use(model: Model, samples: Sequence[Sample]) -> SampleSets:
    """The samples as the circuit takes them."""
    parts = spread(samples, model.spec)

    def fed(part: Sequence[Sample]) -> list[InputData]:
        return [to_input_data(sample) for sample in part]

    answers = evaluate(model, parts.judged)
    return SampleSets(
        calibration=fed(parts.calibration),
        judged=fed(parts.judged),
        references=[[tensor.ravel().astype(float).tolist() for tensor in sample] for sample in answers],
        widest=fed(parts.widest),
        stretched=fed(parts.stretched),
    )
