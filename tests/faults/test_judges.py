"""T01-T12: all judges of a statement agree: off chain, an EVM in this process, eth_call at two kinds of node."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from tests.support.bundles import compile_tiny
from tests.support.chains import need, network_of
from tests.support.circuits import TinyCircuit
from tests.support.evm import Evm
from tests.support.gateway import stage
from tests.support.world import World, deployed
from zkchain.chain.abi import encode_call
from zkchain.chain.client import connect
from zkchain.chain.devnet import start_devnet, stop_devnet
from zkchain.circuit.bundle import circuit_files, load_bundle
from zkchain.circuit.options import CompileOptions
from zkchain.config import read_config
from zkchain.halo2 import Engine
from zkchain.proof.binding import binding_tag
from zkchain.proof.check import check_proof
from zkchain.records import Binding, Proof
from zkchain.solidity.solc import find_compiler
from zkchain.values import MODULUS, FieldElement

WORD = 32
BASE_FIELD = 21888242871839275222246405745257275088696311157297823662689037894645226208583
INPUTS = ((0.5, -0.25), (0.1, 0.9), (-0.7, 0.3), (0.0, 0.0))


@dataclass(frozen=True)
class Case:
    """A statement as anybody may hand it in. The binding is what the file beside the proof says."""

    name: str
    proof: bytes
    instances: tuple[int, ...]
    binding: Binding
    holds: bool = False


Judge = Callable[[Case], bool]


@dataclass(frozen=True)
class Court:
    """All judges of one circuit, and honest statements of it."""

    judges: dict[str, Judge]
    honest: list[Case]


def off_chain(prover: Engine, folder) -> Judge:
    bundle, files = load_bundle(folder), circuit_files(folder)

    def judge(case: Case) -> bool:
        try:
            instances = tuple(FieldElement(value) for value in case.instances)
        except ValueError:
            return False  # as the reader of proof files does
        proof = Proof(circuit_digest=bundle.circuit_digest, instances=instances, proof=case.proof, binding=case.binding)
        return check_proof(prover, files, bundle, proof).valid

    return judge


def at_node(world: World) -> Judge:
    def judge(case: Case) -> bool:
        arguments = [int(world.model.model_id, 16), list(case.instances), case.proof]
        return world.chain.call(world.gateway.address, encode_call(world.gateway.abi, "check", arguments)).success

    return judge


@pytest.fixture(scope="module")
def court(tmp_path_factory, prover: Engine) -> Iterator[Court]:
    need("anvil")
    folder = tmp_path_factory.mktemp("court")
    config = read_config({"ZKCHAIN_HOME": str(folder / "home")}, folder)
    bundle = folder / "bundle"
    compile_tiny(folder, bundle, config=config, prover=prover, seed=4, options=CompileOptions())
    files = circuit_files(bundle)
    shared_source, vka = prover.render_shared(files)
    circuit = TinyCircuit(
        engine=prover, files=files, own_source=prover.render_verifier(files), shared_source=shared_source, vka=vka
    )
    judges: dict[str, Judge] = {"off chain": off_chain(prover, bundle)}
    for kind in ("own", "shared"):
        site = stage(Evm(), circuit, shared=kind == "shared", compiler=find_compiler())
        judges[f"EVM, {kind}"] = lambda case, site=site: site.check(case.instances, case.proof).ok
    homes = []
    for engine, kind in (("embedded", "shared"), ("anvil", "own")):
        homes.append(tmp_path_factory.mktemp(engine))
        world = deployed(connect(network_of(start_devnet(homes[-1], engine=engine))), circuit, kind)
        judges[f"{engine}, {kind}"] = at_node(world)
    honest = []
    for number, x in enumerate(INPUTS):
        binding = world.bound(nonce=number)
        instances, proof = circuit.prove(binding_tag(binding), x)
        honest.append(Case("honest", proof, tuple(instances), binding, holds=True))
    yield Court(judges, honest)
    for home in homes:
        stop_devnet(home)


def cases(honest: list[Case], count: int) -> Iterator[Case]:
    """Honest statements, and others near them, each once; none but the honest ones holds."""
    source, seen, number = random.Random(11), {(case.proof, case.instances) for case in honest}, 0
    changes = [_bit, _word, _alias_in_proof, _size, _other_proof, _instance, _alias, _swap, _instances, _noise]
    while count:
        case, kind = source.choice(honest), number % (len(changes) + 1)
        number += 1
        if kind:
            case = replace(changes[kind - 1](case, honest, source), holds=False)
            if (case.proof, case.instances) in seen:
                continue
            seen.add((case.proof, case.instances))
        count -= 1
        yield case


def _bit(case: Case, _: list[Case], source: random.Random) -> Case:
    proof, at = bytearray(case.proof), source.randrange(8 * len(case.proof))
    proof[at // 8] ^= 1 << at % 8
    return replace(case, name=f"bit {at} of the proof", proof=bytes(proof))


def _word(case: Case, _: list[Case], source: random.Random) -> Case:
    at = WORD * source.randrange(len(case.proof) // WORD)
    new = source.choice([bytes(WORD), b"\xff" * WORD, source.randbytes(WORD)])
    return replace(case, name=f"word at {at}", proof=case.proof[:at] + new + case.proof[at + WORD :])


def _alias_in_proof(case: Case, _: list[Case], source: random.Random) -> Case:
    at = WORD * source.randrange(len(case.proof) // WORD)
    value = int.from_bytes(case.proof[at : at + WORD], "big") + source.choice([MODULUS, BASE_FIELD])
    new = (value % 2**256).to_bytes(WORD, "big")
    return replace(case, name=f"alias at {at}", proof=case.proof[:at] + new + case.proof[at + WORD :])


def _size(case: Case, _: list[Case], source: random.Random) -> Case:
    size = source.choice([1, 31, 32, 64])
    longer = source.random() < 0.5
    proof = case.proof + source.randbytes(size) if longer else case.proof[:-size]
    return replace(case, name=f"{size} bytes {'more' if longer else 'less'}", proof=proof)


def _other_proof(case: Case, honest: list[Case], source: random.Random) -> Case:
    other = source.choice([one for one in honest if one is not case])
    return replace(case, name="another statement's proof", proof=other.proof)


def _instance(case: Case, _: list[Case], source: random.Random) -> Case:
    at = source.randrange(len(case.instances))
    value = (case.instances[at] + source.choice([1, -1, 2**64])) % MODULUS
    return _with_instance(case, at, value, "other")


def _alias(case: Case, _: list[Case], source: random.Random) -> Case:
    at = source.randrange(len(case.instances))
    return _with_instance(case, at, case.instances[at] + MODULUS, "alias of")


def _with_instance(case: Case, at: int, value: int, name: str) -> Case:
    instances = (*case.instances[:at], value, *case.instances[at + 1 :])
    return replace(case, name=f"{name} instance {at}", instances=instances)


def _swap(case: Case, _: list[Case], source: random.Random) -> Case:
    first = source.randrange(len(case.instances))
    unlike = [at for at, value in enumerate(case.instances) if value != case.instances[first]]
    second = source.choice(unlike)
    instances = list(case.instances)
    instances[first], instances[second] = instances[second], instances[first]
    return replace(case, name=f"instances {first} and {second} swapped", instances=tuple(instances))


def _instances(case: Case, _: list[Case], source: random.Random) -> Case:
    instances = source.choice([(), case.instances[:-1], (*case.instances, 0), case.instances * 2])
    return replace(case, name=f"{len(instances)} instances", instances=instances)


def _noise(case: Case, _: list[Case], source: random.Random) -> Case:
    return replace(case, name="random bytes for a proof", proof=source.randbytes(len(case.proof)))


@pytest.mark.anvil
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("count", [44, pytest.param(1_000, marks=pytest.mark.slow)])
def test_all_judges_agree(court: Court, count: int):
    wrong = []
    for case in cases(court.honest, count):
        verdicts = {name: judge(case) for name, judge in court.judges.items()}
        if set(verdicts.values()) != {case.holds}:
            wrong.append((case.name, verdicts))
    assert wrong == []


def test_the_cases_are_not_all_of_a_kind(court: Court):
    made = list(cases(court.honest, 1_000))
    assert sum(case.holds for case in made) >= 50
    assert len({case.name.split()[0] for case in made}) >= 10
    honest = {(case.proof, case.instances) for case in court.honest}
    assert not any((case.proof, case.instances) in honest for case in made if not case.holds)
