"""The bridge from registered hashes to a federation's commitments: a proof a batch that both are of one vector."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..errors import BridgeBroken
from ..halo2 import Prover
from ..progress import Report, silent
from ..record import Record
from ..values import Address, Digest, FieldElement
from .circuits import TrainingCircuit, TrainingCircuits, prove_vectors
from .dataset import Openings, fresh_salt
from .grid import from_grid
from .hashing import HashedOpenings, HashedStatement, expect_fitting, hashes_root
from .merkle import root_of

_POINT = 64
#: Most that one board keeps of a member.
MOST_BATCHES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchBridge(Record):
    """The proof of one batch. It begins with the federation's commitment to it."""

    hash: FieldElement
    proof: bytes

    @property
    def point(self) -> bytes:
        """The commitment to the batch that the proof is about."""
        return self.proof[:_POINT]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge(Record):
    """What an owner shows everybody in a federation of the data that it had registered before."""

    statement: HashedStatement
    registry: Address  #: where the statement's root is registered
    batches: tuple[BatchBridge, ...]


def prove_bridge(
    hashed: HashedOpenings,
    openings: Openings,
    circuits: TrainingCircuits,
    prover: Prover,
    report: Report = silent,
    *,
    made: Sequence[BatchBridge] = (),
) -> Iterator[tuple[BatchBridge, ...]]:
    """Prove batch by batch, after those that were made; gives all that there are, at once and after each, to be kept.

    What is kept is not proved again: another proof would open the same commitment at another point.
    Raises BridgeBroken when the two are of different samples, EngineError.
    """
    circuit, layout = bridge_of(circuits), circuits.layout
    trained = tuple(vector[: layout.values_length] for vector in openings.vectors)
    if trained != hashed.values:
        raise BridgeBroken("the data in the federation are not those that were registered", root=hashed.statement.root)
    wanted = list(zip(hashed.hashes, openings.points, strict=True))
    done = tuple(made) if [(one.hash, one.point) for one in made] == wanted[: len(made)] else ()
    yield done
    for number in range(len(done), len(openings.vectors)):
        report(f"proving that batch {number} is the registered one", number / len(openings.vectors))
        salt = (*hashed.salt(number), *fresh_salt(layout.bridge_salt))
        inputs = [from_grid(vector, layout.scale) for vector in (openings.vectors[number], salt)]
        proof, instances, output = prove_vectors(circuit, inputs, prover, report)
        found = BatchBridge(hash=FieldElement(instances[0]), proof=proof)
        same = output == hashed.vectors[number]
        if not same or (found.hash, found.point) != wanted[number]:
            raise BridgeBroken(f"the hash of batch {number} is not the registered one", batch=number)
        done = (*done, found)
        yield done


def check_bridge(
    bridge: Bridge, root: Digest, circuits: TrainingCircuits, prover: Prover, report: Report = silent
) -> None:
    """Whether the data under `root`, a federation's commitments, are batch for batch those of the bridge's statement.

    That the statement is registered is for the caller to see. Raises BridgeBroken saying why not, ChainingBroken for
    data of another shape, EngineError.
    """
    statement, circuit = bridge.statement, bridge_of(circuits)
    expect_fitting(statement, circuits.layout)
    if len(bridge.batches) != statement.batches:
        raise BridgeBroken(
            f"there are proofs of {len(bridge.batches)} batches, registered are {statement.batches}",
            found=len(bridge.batches),
            allowed=statement.batches,
        )
    if hashes_root(tuple(one.hash for one in bridge.batches)) != statement.root:
        raise BridgeBroken("the proofs are about other hashes than the registered ones", root=statement.root)
    if root_of([one.point for one in bridge.batches]) != root:
        raise BridgeBroken("the proofs are about other commitments than the federation's", root=root)
    for number, one in enumerate(bridge.batches):
        if not prover.verify(circuit.files, [one.hash], one.proof, report):
            raise BridgeBroken(f"the proof of batch {number} does not hold", batch=number)


def is_whole_for(bridge: Bridge, root: Digest) -> bool:
    """Whether there is a proof for each batch under `root`, a federation's commitments; no proof is verified."""
    points = [one.point for one in bridge.batches]
    return 0 < len(points) == bridge.statement.batches and root_of(points) == root


def with_part(kept: Bridge | None, number: int, part: Bridge) -> Bridge:
    """What is there of a bridge once its batch `number` has come, as a bridge of one; the same again changes nothing.

    Raises ValueError for a part that does not go on with what was kept.
    """
    if len(part.batches) != 1 or not 0 <= number < min(part.statement.batches, MOST_BATCHES):
        raise ValueError("a part of a bridge is one of its batches")
    same = kept is not None and (kept.statement, kept.registry) == (part.statement, part.registry)
    batches = kept.batches if kept is not None and same else ()
    if batches[number : number + 1] == part.batches:
        return Bridge(statement=part.statement, registry=part.registry, batches=batches)
    if number not in (0, len(batches)):
        raise ValueError(f"batch {number} does not follow on {len(batches)} others")
    return Bridge(statement=part.statement, registry=part.registry, batches=(*batches[:number], *part.batches))


def bridge_of(circuits: TrainingCircuits) -> TrainingCircuit:
    """The circuit of bridges. Raises BridgeBroken in a federation that has none."""
    if circuits.bridge is None:
        raise BridgeBroken(
            "the plan has no owner whose data is committed to by poseidon",
            remedy='give the owner commitment = "poseidon" in the plan',
        )
    return circuits.bridge
