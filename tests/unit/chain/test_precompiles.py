"""The delegated precompiles against py-evm's own: same output, same gas, same failures."""

from types import SimpleNamespace

import pytest
from eth.exceptions import OutOfGas, VMError
from eth.vm.forks.prague.computation import PRAGUE_PRECOMPILES
from eth.vm.gas_meter import GasMeter
from hypothesis import example, given, settings
from hypothesis import strategies as st

from zkchain.chain.precompiles import ECADD, ECMUL, ECPAIRING, accelerated, fast_precompiles
from zkchain.chain.probe import PROBE_VECTORS
from zkchain.values import MODULUS

P = 21888242871839275222246405745257275088696311157297823662689037894645226208583
FAST = fast_precompiles(PRAGUE_PRECOMPILES)
POINTS = [vector.data[:64] for vector in PROBE_VECTORS if vector.precompile in (6, 7)]
PAIR = next(vector.data[:192] for vector in PROBE_VECTORS if vector.name == "e(G, H) e(-G, H)")

words = st.one_of(
    st.integers(0, 2**256 - 1),
    st.sampled_from([0, 1, 2, P - 2, P - 1, P, P + 1, MODULUS - 1, MODULUS, 2**256 - 1]),
).map(lambda value: value.to_bytes(32, "big"))
points = st.one_of(st.sampled_from(POINTS), st.tuples(words, words).map(b"".join), st.just(bytes(64)))
ragged = st.binary(max_size=70)


def run(table, number: int, data: bytes, gas: int) -> tuple[object, bytes, int]:
    """Kind of failure if any, output, and gas left."""
    meter = GasMeter(gas)
    computation = SimpleNamespace(
        msg=SimpleNamespace(data=data, data_as_bytes=data), consume_gas=meter.consume_gas, output=b""
    )
    try:
        table[number.to_bytes(20, "big")](computation)
    except VMError as error:
        return type(error), b"", meter.gas_remaining
    return None, computation.output, meter.gas_remaining


def same(number: int, data: bytes, gas: int = 10**6) -> tuple[object, bytes, int]:
    fast = run(FAST, number, data, gas)
    assert fast == run(PRAGUE_PRECOMPILES, number, data, gas)
    return fast


def test_pyrevm_is_installed_where_this_suite_runs():
    assert accelerated()
    for number in (ECADD, ECMUL, ECPAIRING):
        key = number.to_bytes(20, "big")
        assert FAST[key] is not PRAGUE_PRECOMPILES[key]
    assert {key for key in FAST if FAST[key] is not PRAGUE_PRECOMPILES[key]} == {
        number.to_bytes(20, "big") for number in (6, 7, 8)
    }


@given(left=points, right=points, tail=ragged)
@settings(max_examples=60, deadline=None)
def test_addition_is_the_same(left: bytes, right: bytes, tail: bytes):
    same(ECADD, left + right + tail)


@given(data=st.binary(max_size=140))
@settings(max_examples=40, deadline=None)
def test_addition_of_ragged_input_is_the_same(data: bytes):
    same(ECADD, data)


@given(point=points, factor=words, tail=ragged)
@settings(max_examples=40, deadline=None)
def test_multiplication_is_the_same(point: bytes, factor: bytes, tail: bytes):
    same(ECMUL, point + factor + tail)


@given(data=st.one_of(st.binary(max_size=400), st.tuples(points, words, words, words, words).map(b"".join)))
@example(data=b"")
@example(data=bytes(192))
@example(data=POINTS[0] + bytes(128))
@settings(max_examples=25, deadline=None)
def test_pairing_of_malformed_input_is_the_same(data: bytes):
    same(ECPAIRING, data)


@pytest.mark.parametrize("vector", [v for v in PROBE_VECTORS if v.precompile > 5], ids=lambda v: v.name)
def test_the_probe_vectors_are_the_same(vector):
    failure, output, _ = same(vector.precompile, vector.data)
    assert (None if failure else output) == vector.answer


def test_a_point_of_the_twist_outside_the_subgroup_is_refused_alike():
    """On the curve but of the wrong order: y^2 = x^3 + b2 at the smallest x with a solution."""
    from py_ecc.optimized_bn128 import FQ2, b2, curve_order, is_on_curve, multiply

    for real in range(1, 200):
        square = FQ2([real, 0]) ** 3 + b2
        root = square ** ((P**2 + 15) // 32)  # a candidate; checked below, and by turning it
        for turn in range(8):
            y = root * FQ2([0, 1]) ** turn
            point = (FQ2([real, 0]), y, FQ2.one())
            if is_on_curve(point, b2) and multiply(point, curve_order)[-1] != FQ2.zero():
                (x_re, x_im), (y_re, y_im) = point[0].coeffs, y.coeffs
                data = POINTS[0] + b"".join(int(v).to_bytes(32, "big") for v in (x_im, x_re, y_im, y_re))
                assert same(ECPAIRING, data)[0] is VMError
                return
    pytest.fail("no such point among the candidates")


@pytest.mark.parametrize(("number", "data", "price"), [(6, b"", 150), (7, b"", 6000), (8, PAIR, 45000 + 34000)])
def test_gas_is_charged_before_the_curve_is_touched(number: int, data: bytes, price: int):
    assert same(number, data, price)[2] == 0
    assert same(number, data, price - 1)[0] is OutOfGas


def test_without_pyrevm_the_table_is_py_evms_own(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("zkchain.chain.precompiles._revm", None)
    assert fast_precompiles(PRAGUE_PRECOMPILES) == PRAGUE_PRECOMPILES
    assert not accelerated()
