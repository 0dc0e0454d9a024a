"""A network written layer by layer, and dense layers trained on what its seeded body computes."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor

from .recipe import Floats


class Net:
    """A chain of ONNX nodes from the input `x`; `at` names the tensor that the next layer reads."""

    def __init__(self, *shape: int, seed: int = 0, opset: int = 18) -> None:
        self.at = "x"
        self._shape, self._opset = shape, opset
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[onnx.TensorProto] = []
        self._rng = np.random.default_rng(seed)

    def weight(self, values: npt.ArrayLike) -> str:
        """Name of a new constant; floats are kept as float32."""
        array = np.asarray(values)
        kept = array.astype(np.float32) if array.dtype.kind == "f" else array
        name = f"w{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(kept, name))
        return name

    def random(self, *shape: int, fan_in: int, gain: float = 2.0) -> str:
        """Name of seeded normal weights of variance gain / fan_in; 2 suits what a Relu follows."""
        return self.weight(self._rng.normal(size=shape) * (gain / fan_in) ** 0.5)

    def layer(self, operator: str, *others: str, result: int = 0, **attributes: Any) -> Self:
        """Append a node that reads `at` and then `others`; `at` moves to its output number `result`."""
        name = f"{operator.lower()}_{len(self._nodes)}"
        outputs = [""] * result + [name]
        self._nodes.append(helper.make_node(operator, [self.at, *others], outputs, name=name, **attributes))
        self.at = name
        return self

    def dense(self, coefficients: Floats, intercepts: Floats) -> Self:
        """Append a dense layer with these weights."""
        return self.layer("Gemm", self.weight(coefficients), self.weight(np.ravel(intercepts)))

    def conv(self, channels_in: int, channels_out: int, size: int, *, rank: int = 2, pad: int = 0) -> Self:
        """Append a convolution with seeded weights."""
        kernel = self.random(channels_out, channels_in, *[size] * rank, fan_in=channels_in * size**rank)
        bias = self.random(channels_out, fan_in=100)
        return self.layer("Conv", kernel, bias, pads=[pad] * (2 * rank))

    def pool(self, operator: str = "MaxPool", size: int = 2, *, rank: int = 2) -> Self:
        """Append a pooling without overlap."""
        return self.layer(operator, kernel_shape=[size] * rank, strides=[size] * rank)

    def flat(self) -> Self:
        """Append what makes one row of everything."""
        return self.layer("Flatten", axis=1)

    def model(self) -> onnx.ModelProto:
        """The network up to `at`."""
        graph = helper.make_graph(
            self._nodes,
            "benchmark",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, self._shape)],
            [helper.make_tensor_value_info(self.at, TensorProto.FLOAT, None)],
            self._weights,
        )
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", self._opset)], ir_version=8)
        return onnx.shape_inference.infer_shapes(made, strict_mode=True)

    def features(self, samples: Floats) -> Floats:
        """What the network answers to each sample, in one row."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(
            self.model().SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        rows = [session.run(None, {"x": sample.reshape(self._shape)})[0].ravel() for sample in samples]
        return np.stack(rows)


def train_head(net: Net, samples: Floats, labels: npt.NDArray[Any], hidden: Sequence[int] = ()) -> Net:
    """Append dense layers of `hidden` sizes and one for the classes, trained on what `net` makes of the samples."""
    rows = net.features(samples)
    if not hidden:
        linear = LogisticRegression(max_iter=500).fit(rows, labels)
        return net.dense(linear.coef_.T, linear.intercept_)
    return stack(net, MLPClassifier(tuple(hidden), max_iter=300, random_state=0).fit(rows, labels), "Relu")


def stack(net: Net, trained: MLPClassifier | MLPRegressor, activation: str) -> Net:
    """Append the dense layers of a trained scikit-learn network, without its last activation."""
    last = len(trained.coefs_) - 1
    for index, (coefficients, intercepts) in enumerate(zip(trained.coefs_, trained.intercepts_, strict=True)):
        net.dense(coefficients, intercepts)
        if index != last:
            net.layer(activation)
    return net
