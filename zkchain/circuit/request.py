"""Everything that a bundle follows from."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .. import __version__
from ..halo2 import ENGINE_VERSION
from ..halo2.engine import InputData
from ..records import Model
from ..values import Digest, canonical_json, keccak_of
from . import bundle as store
from .gate import Gate
from .options import CompileOptions
from .tune import SampleSets
from .tune.forms import FormName


@dataclass(frozen=True, slots=True, kw_only=True)
class CompileRequest:
    """Everything a bundle follows from."""

    model: Model
    trial_inputs: Sequence[InputData]  #: made-up inputs: the first that fits is proved for real
    samples: SampleSets  #: with the model's answers
    options: CompileOptions
    gate: Gate
    forms: Mapping[FormName, Model] = field(default_factory=dict)  #: what ezkl may compile; `model` alone when empty

    def digest(self) -> Digest:
        """Identifies the request: the same one is compiled once."""
        parts = {
            "format": store.FORMAT,
            "engine": ENGINE_VERSION,
            "zkchain": __version__,
            "model": self.model.spec.digest,
            "inputs": keccak_of(json.dumps(self.samples.every()).encode()),
            "options": self.options.to_json(),
        }
        return keccak_of(canonical_json(parts))
