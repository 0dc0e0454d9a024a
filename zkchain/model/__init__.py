"""Read, check, inspect and rewrite ONNX models, and read the samples that go with them."""

from .describe import described
from .evaluate import evaluate
from .inspect import Inspection, inspect_model
from .load import load_model
from .narrow import with_narrow_tables
from .operators import check_operators
from .prefix import first_nodes, node_count, node_label
from .products import with_matrix_products
from .samples import Sample, read_samples, to_input_data
from .simplify import simplified
from .spread import Spread, spread

__all__ = [
    "Inspection",
    "Sample",
    "Spread",
    "check_operators",
    "described",
    "evaluate",
    "first_nodes",
    "inspect_model",
    "load_model",
    "node_count",
    "node_label",
    "read_samples",
    "simplified",
    "spread",
    "to_input_data",
    "with_matrix_products",
    "with_narrow_tables",
]
