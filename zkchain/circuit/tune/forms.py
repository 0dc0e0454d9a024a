"""The forms of one model among which the tuner chooses, as files."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...records import Model
from ..bundle import MODEL
from .settings import is_narrow


@dataclass(frozen=True, slots=True, kw_only=True)
class Forms:
    """A model, and the same model with narrow tables where it has such a form."""

    whole: Path
    narrow: Path | None = None

    def of(self, settings: Mapping[str, Any]) -> Path:
        """The form that settings were made for."""
        return self.narrow if self.narrow and is_narrow(settings) else self.whole


def write_forms(folder: Path, whole: Model, narrow: Model | None) -> Forms:
    """Write the forms to `folder`."""
    forms = Forms(whole=folder / MODEL, narrow=folder / "narrow.onnx" if narrow else None)
    forms.whole.write_bytes(whole.onnx)
    if narrow and forms.narrow:
        forms.narrow.write_bytes(narrow.onnx)
    return forms
