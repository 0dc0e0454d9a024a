"""The model under test: compiled for real and kept between runs, or only described, for the fake prover."""

from dataclasses import dataclass, replace
from pathlib import Path

from ..circuit.layout import read_segments
from ..circuit.options import CompileOptions
from ..config import Config
from ..errors import UsageError
from ..files import exclusive
from ..model import check_operators, load_model
from ..pipeline.compile import compile_model
from ..pipeline.engine import make_engine
from ..records import ModelSpec, Segment, TensorSpec
from ..values import Digest, canonical_json, keccak_of, sha256_of
from .settings import ModelSource

#: Bits behind the point of a fake circuit's numbers; a real one's are chosen by the tuner.
FAKE_SCALE = 14
_FAKE_DOMAIN = "zkchain.fake.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledModel:
    """A model and how its answers lie among a proof's instances. `folder` is its bundle, None for a fake."""

    source: ModelSource
    spec: ModelSpec
    segments: tuple[Segment, ...]
    binding: bool
    circuit_digest: Digest
    folder: Path | None

    @property
    def fake(self) -> bool:
        """True when there is no circuit behind it."""
        return self.folder is None

    def fixed_point(self, value: float, output: str | None = None) -> int:
        """`value` as contracts see it: times 2^scale of the output, of the first one unless named.

        Raises UsageError for a name that no public output has.
        """
        names = [segment.tensor for segment in self.segments if segment.kind == "output"]
        for segment in self.segments:
            if segment.kind == "output" and output in (None, segment.tensor):
                return round(value * float(2**segment.scale))
        raise UsageError(f"{output!r} is no public output of {self.spec.name}; it has {', '.join(names) or 'none'}")


def compile_source(source: ModelSource, options: CompileOptions, *, config: Config, cache: Path) -> CompiledModel:
    """The bundle of `source`, from `cache` when it was compiled before. Raises as `compile_model` does.

    Several test processes wait for the one that compiles.
    """
    own = replace(config, home=cache / "home")
    name = sha256_of(str(source.model.resolve()).encode() + canonical_json(options.to_json()))[2:18]
    out = cache / "bundles" / f"{name}.bundle"
    with exclusive(cache / "locks" / f"{name}.lock"):
        compiled = compile_model(
            source.model,
            source.samples,
            config=own,
            prover=make_engine(own),
            out=out,
            options=options,
            dims=dict(source.dims),
            replace_other=True,
        )
    bundle = compiled.bundle
    return CompiledModel(
        source=source,
        spec=bundle.model,
        segments=bundle.segments,
        binding=bundle.binding,
        circuit_digest=bundle.circuit_digest,
        folder=out,
    )


def describe_fake(source: ModelSource, options: CompileOptions) -> CompiledModel:
    """What a circuit of `source` would look like. Nothing is compiled. Raises ModelError.

    Its digest is no real circuit's: it is a hash over another domain.
    """
    model = load_model(source.model, dims=dict(source.dims), logits=options.logits)
    check_operators(model)
    scales = {
        "model_input_scales": [_scale(tensor) for tensor in model.spec.inputs],
        "model_output_scales": [_scale(tensor) for tensor in model.spec.outputs],
    }
    named = {"domain": _FAKE_DOMAIN, "model": model.spec.digest, "options": options.to_json()}
    return CompiledModel(
        source=source,
        spec=model.spec,
        segments=read_segments(scales, model.spec, options.visibility, binding=options.binding),
        binding=options.binding,
        circuit_digest=keccak_of(canonical_json(named)),
        folder=None,
    )


def _scale(tensor: TensorSpec) -> int:
    return FAKE_SCALE if tensor.dtype == "float" else 0
