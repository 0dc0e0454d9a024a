"""The models that are measured, all built in code: trained on scikit-learn's data, the same for the same packages."""

from .conv import CONVOLUTIONS
from .dense import DENSE
from .estimators import ESTIMATORS
from .recipe import Recipe
from .sequence import SEQUENCES

ZOO: tuple[Recipe, ...] = (*DENSE, *ESTIMATORS, *SEQUENCES, *CONVOLUTIONS)

__all__ = ["ZOO", "Recipe"]
