"""Which torch modules a plan may name, and what is said of the others."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from tests.support.extras import need_training
from tests.support.federations import small_layout, write_plan
from tests.support.modules import MODULES, module_file, small_module
from zkchain.errors import ExtraMissing, PlanInvalid
from zkchain.pipeline.training.folder import load_federation
from zkchain.training.logistic import logistic
from zkchain.training.methods import method_of
from zkchain.training.modules.network import ModuleNetwork, read_module
from zkchain.training.plan import read_plan

need_training()

import torch  # noqa: E402 - after the extra is known to be there

from zkchain.training.modules.gradients import meant  # noqa: E402
from zkchain.training.modules.load import fresh_module  # noqa: E402


def module_plan(folder: Path, made: str = "nn.Linear(3, 1)", shape: str = "[3]") -> Path:
    module_file(folder, made)
    path = write_plan(folder)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("layers = [3, 1]", f"torch = 'model.py:build'\ninput = {shape}"), encoding="utf-8")
    return path


def test_a_module_is_trained_by_the_logistic_function_that_dense_networks_have() -> None:
    values = np.linspace(-40, 40, 80_001)
    found = meant(torch.tensor(values, dtype=torch.float32), "logistic").numpy()
    assert np.abs(found - logistic(values)).max() < 1e-4


def test_a_plan_may_name_a_module(tmp_path: Path) -> None:
    net = read_plan(module_plan(tmp_path, MODULES["pictures"][0], "[1, 6, 6]")).architecture
    assert (net.features, net.targets, net.parameters) == (36, 1, 2 * 9 + 2 + 8 + 1)
    assert net.initial(3).shape == (net.parameters,)
    assert (net.initial(3) == net.initial(3)).all()
    assert not (net.initial(3) == net.initial(4)).all()


def test_the_file_is_part_of_the_plan(tmp_path: Path) -> None:
    path = module_plan(tmp_path)
    before = load_federation(path).digest
    module_file(tmp_path, "nn.Linear(3, 1, bias=True)")
    assert load_federation(path).digest != before


@pytest.mark.parametrize(
    ("made", "shape", "said"),
    [
        ("nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2), nn.Linear(2, 1))", (3,), "buffers: 1.num_batches_tracked"),
        ("nn.Sequential(nn.Linear(3, 9), nn.Dropout(), nn.Linear(9, 1))", (3,), "differently each time"),
        ("nn.Sequential(*[nn.Linear(3, 3)] * 2)", (3,), "one parameter under two names: 1.bias, 1.weight"),
        ("nn.Linear(3, 1).requires_grad_(False)", (3,), "frozen parameters: bias, weight"),
        ("nn.Linear(3, 1).double()", (3,), "parameters of type torch.float64"),
        ("nn.ReLU()", (3,), "without parameters"),
        ("nn.Linear(3, 1)", (4,), "does not take samples [n, 4]"),
        ("nn.Conv1d(1, 1, 2)", (1, 3), "answers three samples with [3, 1, 2]"),
        ("nn.Sequential(nn.Linear(3, 1), nn.Softmax(0))", (3,), "in other company"),
        ("7", (3,), "returns int, expected a torch.nn.Module"),
        ("1 / 0", (3,), "ZeroDivisionError"),
    ],
)
def test_a_module_that_cannot_be_trained_is_refused_by_what_it_has(
    tmp_path: Path, made: str, shape: tuple[int, ...], said: str
) -> None:
    module_file(tmp_path, made)
    with pytest.raises(PlanInvalid) as caught:
        read_module(tmp_path, "model.py:build", shape, "squared")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("made", "shape", "said"),
    [
        ("nn.Sequential(nn.Linear(3, 4), nn.GELU(), nn.Linear(4, 1))", (3,), "gelu"),
        ("nn.Sequential(nn.MaxPool2d(2), nn.Conv2d(1, 1, 2), nn.Flatten())", (1, 4, 4), "max_pool2d_with_indices"),
        ("nn.Sequential(nn.Conv2d(2, 2, 1, groups=2), nn.Flatten())", (2, 1, 1), "one group"),
    ],
)
def test_a_step_without_a_circuit_is_refused_by_its_operators(
    tmp_path: Path, made: str, shape: tuple[int, ...], said: str
) -> None:
    module_file(tmp_path, made)
    layout = small_layout(network=read_module(tmp_path, "model.py:build", shape, "squared"))
    with pytest.raises(PlanInvalid) as caught:
        method_of(layout.architecture).step(layout)
    assert said in str(caught.value)
    assert "allowed are" in str(caught.value)


@pytest.mark.parametrize(
    ("entry", "shape", "said"),
    [
        ("model.py", (3,), "expected a file and a function"),
        ("gone.py:build", (3,), "cannot be read"),
        ("model.py:other", (3,), "AttributeError"),
        ("model.py:build", (), "expected the shape of one sample"),
        ("model.py:build", (0,), "expected the shape of one sample"),
    ],
)
def test_an_entry_that_names_no_module_is_refused(
    tmp_path: Path, entry: str, shape: tuple[int, ...], said: str
) -> None:
    module_file(tmp_path, "nn.Linear(3, 1)")
    with pytest.raises(PlanInvalid) as caught:
        read_module(tmp_path, entry, shape, "squared")
    assert said in str(caught.value)


def test_sizes_and_a_module_exclude_each_other(tmp_path: Path) -> None:
    path = module_plan(tmp_path)
    path.write_text(path.read_text().replace("[model]", "[model]\nlayers = [3, 1]"), encoding="utf-8")
    with pytest.raises(PlanInvalid, match="layers"):
        read_plan(path)


@pytest.mark.parametrize("missing", ["torch", "onnxscript"])
def test_without_the_extra_it_is_named_and_no_code_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == missing else found(name))
    module_file(tmp_path, "open('ran', 'w')")
    with pytest.raises(ExtraMissing, match=missing):
        read_module(tmp_path, "model.py:build", (3,), "squared")


def test_parameters_in_another_order_than_they_are_used_are_refused(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(
        "from torch import nn\n\n\nclass Turned(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.last, self.first = nn.Linear(2, 1), nn.Linear(3, 2)\n\n"
        "    def forward(self, x):\n        return self.last(self.first(x))\n\n\ndef build():\n    return Turned()\n",
        encoding="utf-8",
    )
    network = read_module(tmp_path, "model.py:build", (3,), "squared")
    with pytest.raises(PlanInvalid, match="one after another"):
        method_of(network).step(small_layout(network=network))


def test_every_module_of_the_tests_is_read(tmp_path: Path) -> None:
    assert {name: small_module(tmp_path, name).targets for name in MODULES} == {
        "linear": 1,
        "logistic": 1,
        "layers": 2,
        "pictures": 1,
    }


@pytest.mark.parametrize(
    "made",
    [
        "nn.Sequential(nn.Conv2d(1, 2, 3, stride=2, padding=1), nn.ReLU(), nn.Conv2d(2, 3, 2), nn.Flatten())",
        "nn.Sequential(nn.Conv2d(1, 2, 2), nn.Conv2d(2, 1, 3, padding=1, stride=2, bias=False), nn.Flatten())",
        "nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(1, 2, (2, 3)), nn.Flatten())",
    ],
)
def test_convolutions_in_plain_words_have_the_gradients_that_torch_has(tmp_path: Path, made: str) -> None:
    module_file(tmp_path, made)
    network = read_module(tmp_path, "model.py:build", (1, 6, 6), "squared")
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(1, 36)), rng.normal(size=(1, network.targets))
    weights = network.initial(1)
    found = method_of(network).gradients(network, weights, x, y)
    module = first_module(network, 1)
    answer = module(torch.tensor(x, dtype=torch.float32).reshape(1, 1, 6, 6))
    (((answer - torch.tensor(y, dtype=torch.float32)) ** 2).sum() / 2).backward()
    expected = torch.cat([value.grad.reshape(-1) for value in module.parameters()]).numpy()
    assert np.abs(found[0] + expected).max() < 1e-4


def first_module(network: ModuleNetwork, seed: int) -> torch.nn.Module:
    """The module with the weights that it starts from."""
    torch.manual_seed(seed)
    return fresh_module(network)
