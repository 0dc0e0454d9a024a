"""The model zoo: small graphs of every kind that people hand in, made in code, each with what must become of it."""

from .zoo_layers import LAYERS
from .zoo_learned import LEARNED
from .zoo_refused import REFUSED
from .zoo_shapes import SHAPES

#: Graphs that go through compile, prove and verify.
PROVING = (*LAYERS, *SHAPES, *LEARNED)
ZOO = (*PROVING, *REFUSED)
