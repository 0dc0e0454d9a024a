"""T01-T12: of all calldata around one honest proof, both verifiers and the gateway accept only the honest one.

Structured forgeries move, cut, repeat and replace words of the calldata; random ones do so by chance. None of them is a
way to make a false proof pass: they test that there is none. The harness is pointed at a verifier without its guard
too, to show that it would tell.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.support.circuits import TinyCircuit
from tests.support.evm import SENDER, Evm, calldata
from tests.support.gateway import BINDING, Binding, Stage, stage
from tests.support.layouts import canonical
from zkchain.solidity.compile import compile_verifier
from zkchain.solidity.solc import find_compiler
from zkchain.values import MODULUS

NOW = 1_700_000_000
WORD, SELECTOR = 32, 4
BASE_FIELD = 21888242871839275222246405745257275088696311157297823662689037894645226208583


@dataclass(frozen=True)
class Target:
    """What judges, and the one calldata that it should accept."""

    accepts: Callable[[bytes], bool]
    honest: bytes
    heads: int  #: words before the tail


def structured(target: Target) -> Iterator[tuple[str, bytes]]:
    """Forgeries by construction, by name; none is the honest calldata."""
    data = target.honest
    words = (len(data) - SELECTOR) // WORD
    yield from _sizes(data)
    for head in range(target.heads):
        yield from _replaced(data, head, f"head {head}", _moves(len(data) - SELECTOR))
    for index in range(target.heads, words, 5):
        yield from _replaced(data, index, f"word {index}", _aliases)
    for index in range(0, words, 7):
        at = SELECTOR + WORD * index
        yield f"a word before word {index}", data[:at] + bytes(WORD) + data[at:]
        yield f"without word {index}", data[:at] + data[at + WORD :]
    body = data[SELECTOR:]
    for name, other in (("none", b""), ("alone", data[:SELECTOR]), ("another", b"\x12\x34\x56\x78" + body)):
        yield f"selector {name}", other


def _sizes(data: bytes) -> Iterator[tuple[str, bytes]]:
    for size in (1, 4, 31, 32, 33, 64, 1024):
        for fill in (b"\0", b"\xff"):
            yield f"{size} bytes {fill.hex()} behind", data + fill * size
    for size in (1, 31, 32, 64):
        yield f"{size} bytes less", data[:-size]


def _moves(end: int) -> Callable[[int], dict[str, int]]:
    """Other places for a head to point at, or other numbers for one that does not point."""

    def others(value: int) -> dict[str, int]:
        steps = {f"{step:+}": value + step for step in (1, -1, 32, -32, 2**128)}
        return {**steps, "zero": 0, "the end": end, "2^64": 2**64, "2^256-1": 2**256 - 1}

    return others


def _aliases(value: int) -> dict[str, int]:
    return {"+r": value + MODULUS, "+q": value + BASE_FIELD, "^1": value ^ 1, "zero": 0}


def _replaced(
    data: bytes, index: int, name: str, others: Callable[[int], dict[str, int]]
) -> Iterator[tuple[str, bytes]]:
    at = SELECTOR + WORD * index
    value = int.from_bytes(data[at : at + WORD], "big")
    for change, other in others(value).items():
        if 0 <= other < 2**256 and other != value:
            yield f"{name} {change}", data[:at] + other.to_bytes(WORD, "big") + data[at + WORD :]


def mutated(data: bytes, source: random.Random) -> bytes:
    """Up to three changes by chance."""
    found = bytearray(data)
    for _ in range(source.randint(1, 3)):
        at = source.randrange(len(found))
        match source.randrange(6):
            case 0:
                found[at] ^= 1 << source.randrange(8)
            case 1:
                del found[at : at + source.choice([1, 4, 32, 64])]
            case 2:
                found[at:at] = source.randbytes(source.choice([1, 32, 64]))
            case 3:
                start, size = source.randrange(len(found)), source.choice([32, 64, 128])
                found[at : at + size] = found[start : start + size]
            case 4:
                place = SELECTOR + (at - SELECTOR) // WORD * WORD
                value = int.from_bytes(found[place : place + WORD], "big") + source.choice([MODULUS, BASE_FIELD, 32, 1])
                found[place : place + WORD] = (value % 2**256).to_bytes(WORD, "big")
            case 5:
                found += source.randbytes(source.choice([1, 31, 32]))
        if not found:
            return b""
    return bytes(found)


def site_of(circuit: TinyCircuit, *, shared: bool) -> tuple[Stage, list[int], bytes, Binding]:
    site = stage(Evm(timestamp=NOW), circuit, shared=shared, compiler=None if shared else find_compiler())
    binding = Binding(account=SENDER, nonce=1, deadline=NOW)
    instances, proof = circuit.prove(site.tag(binding))
    return site, instances, proof, binding


KINDS = ["own verifier", "shared verifier", "gateway, own", "gateway, shared"]


@pytest.fixture(scope="module", params=KINDS)
def target(request, circuit: TinyCircuit) -> Target:
    return target_of(request.param, circuit)


def target_of(kind: str, circuit: TinyCircuit) -> Target:
    site, instances, proof, binding = site_of(circuit, shared="shared" in kind)
    if kind.startswith("gateway"):
        arguments = [site.model_id, instances, proof, binding.fields]
        data = calldata("submit(uint256,uint256[],bytes," + BINDING + ")", arguments)
        return Target(lambda found: site.evm.call(site.gateway, found, static=False).ok, data, 7)
    data = canonical(proof, instances, site.key or None).data

    def accepts(found: bytes) -> bool:
        outcome = site.evm.call(site.verifier, found)
        return outcome.ok and int.from_bytes(outcome.data[:WORD], "big") == 1

    return Target(accepts, data, 3 if site.key else 2)


def accepted(target: Target, forgeries: Iterator[tuple[str, bytes]]) -> tuple[int, list[str]]:
    """How many were tried, and the names of those that were accepted."""
    tried, wrong = 0, []
    for name, data in forgeries:
        if data == target.honest:
            continue
        tried += 1
        if target.accepts(data):
            wrong.append(name)
    return tried, wrong


def by_chance(target: Target, count: int) -> Iterator[tuple[str, bytes]]:
    source = random.Random(7)
    for number in range(count):
        yield f"mutation {number}", mutated(target.honest, source)


def test_no_structured_forgery_is_accepted(target: Target):
    tried, wrong = accepted(target, structured(target))
    assert tried >= 60
    assert wrong == []


@pytest.mark.parametrize("count", [1_000, pytest.param(10_000, marks=pytest.mark.slow)])
def test_no_random_mutation_is_accepted(target: Target, count: int):
    tried, wrong = accepted(target, by_chance(target, count))
    assert tried >= 0.99 * count
    assert wrong == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_forgeries_are_made_of_is_accepted(kind: str, circuit: TinyCircuit):
    """By contracts of its own: a gateway takes it once, and would refuse any other word for the same then."""
    target = target_of(kind, circuit)
    assert target.accepts(target.honest)


def test_the_harness_reports_what_an_unguarded_verifier_accepts(circuit: TinyCircuit):
    site, instances, proof, _ = site_of(circuit, shared=False)
    bare = site.evm.deploy(compile_verifier(circuit.own_source, find_compiler()).bytecode)
    target = Target(lambda found: site.evm.call(bare, found).ok, canonical(proof, instances, None).data, 2)
    for forgeries in (structured(target), by_chance(target, 300)):
        _, wrong = accepted(target, forgeries)
        assert wrong


def test_the_harness_reports_what_a_gateway_without_checks_accepts(circuit: TinyCircuit):
    site, instances, proof, binding = site_of(circuit, shared=True)
    stop = site.evm.deploy(bytes.fromhex("6001600c60003960016000f300"))  # a contract whose code is one STOP
    data = calldata(
        "submit(uint256,uint256[],bytes," + BINDING + ")", [site.model_id, instances, proof, binding.fields]
    )
    target = Target(lambda found: site.evm.call(stop, found, static=False).ok, data, 7)
    tried, wrong = accepted(target, structured(target))
    assert len(wrong) == tried
