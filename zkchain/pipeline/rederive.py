"""Derive circuit, keys and verifier again from a bundle's model, settings and SRS, trusting nothing else of it."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..chain.registry import ModelLayout
from ..circuit import bundle as store
from ..errors import BundleCorrupt, BundleError, EngineError, ModelError
from ..halo2 import Prover
from ..halo2.engine import CircuitFiles
from ..model import described
from ..progress import Report, silent
from ..records import Bundle
from ..scratch import scratch_folder
from ..solidity.compile import compile_verifier
from ..solidity.guard import guard_verifier
from ..solidity.keydata import key_data_creation_code, parse_vka
from ..solidity.solc import Compiler
from ..values import ZERO_DIGEST, Digest, keccak_of, sha256_of
from .layout import layout_of
from .request import forms_of
from .verifier import KEY_INIT_BYTES

#: Name of what was compared, what was found, and what is wrong with it.
Step = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rederived:
    """What follows from the bundle's files. `bundle` is None when they are not those of its manifest."""

    bundle: Bundle | None
    steps: Sequence[Step]
    own_source: str = ""  #: of the circuit's own verifier, guarded
    key_words: tuple[bytes, ...] = ()  #: for the shared verifier

    @property
    def layout(self) -> ModelLayout:
        """The instance layout for the registry."""
        assert self.bundle is not None
        return layout_of(self.bundle.segments)

    @property
    def params_digest(self) -> Digest:
        """The digest of the parameter instances; zero when there are none."""
        assert self.bundle is not None
        return self.bundle.params_digest or ZERO_DIGEST

    def own_code(self, compiler: Compiler) -> bytes:
        """Runtime code of the circuit's own verifier."""
        return compile_verifier(self.own_source, compiler).deployed_bytecode

    def key_code(self) -> bytes:
        """Runtime code of the data contract that holds the key for the shared verifier."""
        return key_data_creation_code(self.key_words)[KEY_INIT_BYTES:]


def rederive(folder: Path, *, prover: Prover, home: Path, report: Report = silent) -> Rederived:
    """Everything again, in a scratch folder. What does not follow is a step with trouble, not an error.

    Raises BundleNotFound, BundleForeign, OSError.
    """
    try:
        bundle = store.load_bundle(folder)
    except BundleCorrupt as error:
        return Rederived(bundle=None, steps=[(f"bundle {error.facts.get('file', 'files')}", "", error.message)])
    steps: list[Step] = [("bundle files", f"{len(bundle.files)} files with the manifest's hashes", "")]
    steps += _models(folder, bundle)
    with scratch_folder(home / "audit") as scratch:
        shutil.copyfile(folder / store.SETTINGS, scratch / store.SETTINGS)
        files = replace(store.circuit_files(scratch), srs=folder / store.SRS_FILE)
        report("making the keys again")
        try:
            prover.build(folder / store.CIRCUIT_MODEL, files, report)
        except EngineError as error:
            return Rederived(bundle=None, steps=[*steps, ("bundle keys", "", error.message)])
        found = keccak_of(files.verifying_key.read_bytes())
        same = found == bundle.verifying_key_digest
        # The compiled circuit itself is not compared: ezkl writes it in another order each time, and no proof's meaning
        # depends on it beside the key.
        steps.append(("verifying key", found, "" if same else f"the bundle has {bundle.verifying_key_digest}"))
        found = store.circuit_digest(replace(bundle, verifying_key_digest=keccak_of(files.verifying_key.read_bytes())))
        steps.append(("circuit digest", found, "" if found == bundle.circuit_digest else "not the manifest's"))
        source, words = _rendered(prover, files, report)
    return Rederived(bundle=bundle, steps=steps, own_source=source, key_words=words)


def _models(folder: Path, bundle: Bundle) -> list[Step]:
    """The circuit was compiled from the model, whose digest loading the bundle has compared, or from a form of it."""
    data = (folder / store.MODEL).read_bytes()
    try:
        model = described(data, bundle.model.name, bundle.model.notes)
        forms = {"whole": model} if bundle.stock else forms_of(model)
    except (ModelError, BundleError) as error:
        return [("model", "", error.message)]
    compiled = (folder / store.CIRCUIT_MODEL).read_bytes()
    form = next((name for name, one in forms.items() if one.onnx == compiled), None)
    return [
        ("model", model.spec.digest, "" if model.spec == bundle.model else "the manifest describes it otherwise"),
        ("compiled form", form or sha256_of(compiled), "" if form else "no form of the model is this one"),
    ]


def _rendered(prover: Prover, files: CircuitFiles, report: Report) -> tuple[str, tuple[bytes, ...]]:
    source = guard_verifier(prover.render_verifier(files, report))
    _, vka = prover.render_shared(files, report)
    return source, parse_vka(vka)
