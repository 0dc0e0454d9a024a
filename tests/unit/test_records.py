"""Every record goes to JSON and comes back equal; whatever `to_json` does not write is refused."""

import dataclasses
import json
import types
import typing
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zkchain import records
from zkchain.record import Record
from zkchain.records import DEV_CHAIN_IDS, Binding, Network, Proof, Segment, TensorSpec
from zkchain.values import MODULUS, ZERO_ADDRESS, ZERO_DIGEST, Address, Digest, FieldElement

KINDS = [kind for kind in vars(records).values() if isinstance(kind, type) and issubclass(kind, Record)]
KINDS.remove(Record)

_SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=20),
    int: st.integers(),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    bytes: st.binary(max_size=40),
    Digest: st.binary(min_size=32, max_size=32).map(lambda raw: Digest("0x" + raw.hex())),
    Address: st.sampled_from([ZERO_ADDRESS, Address("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")]),
    FieldElement: st.integers(min_value=0, max_value=MODULUS - 1).map(FieldElement),
    dict[str, Any]: st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=3),
    dict[str, list[Any]]: st.dictionaries(
        st.text(max_size=5),
        st.lists(st.booleans() | st.integers() | st.floats(allow_nan=False), max_size=3),
        max_size=3,
    ),
}

#: Fields that a record bounds itself.
_BOUNDED: dict[type[Record], dict[str, st.SearchStrategy[Any]]] = {
    TensorSpec: {"shape": st.lists(st.integers(0, 2**31), max_size=4).map(tuple)},
    Segment: {"start": st.integers(0, 2**31), "count": st.integers(1, 2**31), "scale": st.integers(-128, 128)},
}


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type."""
    if hint in _SCALARS:
        return _SCALARS[hint]
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (typing.Union, types.UnionType):
        return st.one_of(*(st.none() if part is type(None) else values(part) for part in arguments))
    if origin is tuple and arguments[-1] is Ellipsis:
        return st.lists(values(arguments[0]), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*map(values, arguments))
    return instances(hint)


def instances(kind: type[Record]) -> st.SearchStrategy[Record]:
    """Records of a kind, with all fields given."""
    fields = {name: values(hint) for name, hint in typing.get_type_hints(kind).items()}
    return st.builds(kind, **(fields | _BOUNDED.get(kind, {})))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(max_examples=30)
@given(data=st.data())
def test_a_record_comes_back_from_its_json_text(kind, data):
    record = data.draw(instances(kind))
    assert kind.from_json(json.loads(json.dumps(record.to_json()))) == record


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(max_examples=30)
@given(data=st.data())
def test_an_unknown_or_missing_key_is_refused(kind, data):
    written = data.draw(instances(kind)).to_json()
    with pytest.raises(ValueError, match="unknown keys"):
        kind.from_json({**written, "surprise": 1})
    needed = [field.name for field in dataclasses.fields(kind) if field.default is dataclasses.MISSING]
    if needed:
        del written[data.draw(st.sampled_from(needed))]
        with pytest.raises(TypeError, match="missing"):
            kind.from_json(written)


@pytest.mark.parametrize("kind", [*KINDS, records.Model], ids=lambda kind: kind.__name__)
def test_a_record_cannot_be_changed(kind):
    assert kind.__dataclass_params__.frozen
    assert "__slots__" in vars(kind)


SPEC = TensorSpec(name="x", shape=(1, 2), dtype="float", onnx_type="FLOAT").to_json()


@pytest.mark.parametrize(
    "change",
    [
        {"name": 1},
        {"name": None},
        {"shape": "12"},
        {"shape": [1, 2.0]},
        {"shape": [1, True]},
        {"shape": {"0": 1}},
        {"shape": [[1]]},
        {"dtype": "double"},
        {"dtype": None},
    ],
)
def test_a_value_of_another_type_is_refused(change):
    with pytest.raises((TypeError, ValueError)):
        TensorSpec.from_json({**SPEC, **change})


PROOF = Proof(
    circuit_digest=ZERO_DIGEST,
    instances=(FieldElement(1),),
    proof=b"\x01",
    binding=Binding(
        chain_id=1,
        gateway=ZERO_ADDRESS,
        model_id=ZERO_DIGEST,
        account=ZERO_ADDRESS,
        request=ZERO_DIGEST,
        nonce=0,
        deadline=1,
    ),
).to_json()


@pytest.mark.parametrize(
    "change",
    [
        {"instances": ["0x1"]},
        {"instances": [f"0x{MODULUS:064x}"]},
        {"instances": [1]},
        {"proof": "0xzz"},
        {"proof": 5},
        {"circuit_digest": "0x00"},
        {"circuit_digest": ZERO_DIGEST.upper()},
        {"circuit_digest": 0},
        {"binding": {}},
        {"binding": "none"},
        {"binding": {**PROOF["binding"], "gateway": "0x00"}},
        {"binding": {**PROOF["binding"], "gateway": "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"}},
        {"binding": {**PROOF["binding"], "nonce": True}},
    ],
)
def test_a_proof_that_we_did_not_write_is_refused(change):
    with pytest.raises((TypeError, ValueError)):
        Proof.from_json({**PROOF, **change})


@pytest.mark.parametrize(("shape", "count"), [((), 1), ((3,), 3), ((2, 3, 4), 24), ((2, 0), 0)])
def test_elements_are_the_product_of_the_shape(shape, count):
    assert TensorSpec(name="x", shape=shape, dtype="int", onnx_type="INT64").elements == count


@pytest.mark.parametrize("chain_id", [*sorted(DEV_CHAIN_IDS), 1, 10, 31338, 0])
def test_only_the_listed_chain_ids_are_devnets(chain_id):
    assert Network(name="n", rpc_url="http://x", chain_id=chain_id).devnet == (chain_id in {31337, 1337})


@pytest.mark.parametrize("changes", [{"start": -1}, {"count": 0}, {"scale": 129}, {"scale": 10**11}])
def test_a_segment_with_an_impossible_place_or_scale_is_refused(changes):
    good = {"kind": "output", "tensor": "y", "start": 0, "count": 1, "shape": (1,), "dtype": "float", "scale": 7}
    Segment(**good, signed=True)
    with pytest.raises(ValueError, match="impossible"):
        Segment(**(good | changes), signed=True)


def test_a_tensor_has_no_negative_dimension():
    with pytest.raises(ValueError, match="negative dimension"):
        TensorSpec(name="x", shape=(-1, 2), dtype="float", onnx_type="FLOAT")
