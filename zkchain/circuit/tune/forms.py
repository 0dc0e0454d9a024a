"""The forms of one model among which the tuner chooses: other graphs with the same answers, and other circuits."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from ...records import Model

#: The model, simplified; with its convolutions as matrix products; with narrow tables; with both; and as it was, where
#: simplifying changed it: what the others have to agree with.
FormName = Literal["whole", "products", "narrow", "narrow products", "original"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One form of a model, as a file."""

    name: FormName
    path: Path

    @property
    def narrow(self) -> bool:
        """Whether exponentials are looked up in two parts."""
        return self.name.startswith("narrow")

    @property
    def products(self) -> bool:
        """Whether convolutions are matrix products."""
        return self.name.endswith("products")


def write_forms(folder: Path, models: Mapping[FormName, Model]) -> tuple[Form, ...]:
    """Write the forms to `folder`, "whole" first, which has to be there."""
    forms = []
    for name in get_args(FormName):
        if name in models:
            path = folder / f"{name.replace(' ', '-')}.onnx"
            path.write_bytes(models[name].onnx)
            forms.append(Form(name=name, path=path))
    return tuple(forms)
