"""How data that were registered by hashes come into a federation: their owner builds a bridge, all others check it."""

from pathlib import Path

from ...chain.registry import ContractAt, read
from ...chain.training import client_of
from ...config import Config
from ...errors import BridgeBroken, ChainingBroken, RoundFailed
from ...files import make_private, parse_json, write_json
from ...halo2 import Prover
from ...progress import Report, silent
from ...solidity.artifacts import load_artifact
from ...training.bridge import Bridge, check_bridge, prove_bridge
from ...training.circuits import TrainingCircuits
from ...training.dataset import Openings
from ...training.hashing import HashedOpenings, HashedStatement
from ...training.lineage import Registration
from ...training.plan import REGISTERED, Owner
from ...values import Address
from ..site import Site, recorded
from .folder import Federation
from .setup import Standing

DATA_REGISTRY = "DataRegistry"
#: The file in which a data owner keeps what it has hashed.
HASHED = "poseidon.json"


def hashed_at(config: Config, name: str) -> Path:
    """Where `zkchain train register --commitment poseidon` keeps what opens the hashes of `name`."""
    return config.home / "data" / name / HASHED


def read_hashed(path: Path) -> HashedOpenings:
    """A data owner's hashed samples. Raises RoundFailed when they are not there or not whole, DataMismatch."""
    try:
        found = HashedOpenings.from_json(parse_json(path.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError):
        raise RoundFailed(
            f"{path} holds no openings of data that are registered by their hashes",
            remedy="run: zkchain train register DATA --as NAME --commitment poseidon",
            file=path,
        ) from None
    found.check()
    return found


def save_hashed(path: Path, hashed: HashedOpenings) -> None:
    """Keep them, for this user alone."""
    make_private(path.parent)
    write_json(path, hashed.to_json(), mode=0o600)


def hashed_of(owner: Owner, config: Config) -> HashedOpenings:
    """What an owner of a plan has registered by hashes. Raises RoundFailed, DataMismatch."""
    return read_hashed(hashed_at(config, owner.data.removeprefix(REGISTERED)))


def build_bridge(
    federation: Federation,
    name: str,
    account: Address,
    hashed: HashedOpenings,
    openings: Openings,
    circuits: TrainingCircuits,
    site: Site,
    prover: Prover,
    report: Report = silent,
) -> None:
    """Prove, once, that an owner's commitments in a federation are of what it had registered; all members may look.

    Raises BridgeBroken when `account` has not registered the data on this network, or trains on others, EngineError.
    """
    record = recorded(site, DATA_REGISTRY)
    if record is None or not _entry(site, record.deployment.address, account, hashed.statement):
        raise BridgeBroken(
            f"{account} has not registered the data of {name} on {site.network.name!r}",
            remedy="run: zkchain train register DATA --as NAME --commitment poseidon",
            owner=name,
        )
    kept = bridge_at(federation, name)
    made = () if kept is None else kept.batches
    for batches in prove_bridge(hashed, openings, circuits, prover, report, made=made):
        bridge = Bridge(statement=hashed.statement, registry=record.deployment.address, batches=batches)
        save_bridge(federation, name, bridge)


class BridgeGuard:
    """Checks the bridges of a federation's owners, each until it holds."""

    def __init__(self, standing: Standing, *, prover: Prover, report: Report = silent) -> None:
        self._federation, self._circuits = standing.federation, standing.circuits
        self._site, self._ledger = standing.site, standing.ledger
        self._prover, self._report = prover, report
        pairs = zip(standing.federation.plan.owners, standing.opened.members, strict=True)
        self._owners = {member: owner.name for owner, member in pairs if owner.commitment == "poseidon"}
        self._held: dict[Address, Registration] = {}

    @property
    def members(self) -> tuple[Address, ...]:
        """Whose data have to be bridged."""
        return tuple(self._owners)

    def expect(self) -> None:
        """Whether every bridge of a member that takes part holds. Raises as `registration` does."""
        for member in self.members:
            known = client_of(self._site.chain, self._ledger, member)
            if known.enrolled and int(known.root, 16):
                self.registration(member)

    def registration(self, member: Address) -> Registration:
        """What `member` had registered, once it is shown that it is what it trains on.

        Raises BridgeBroken saying what is missing or wrong, EngineError.
        """
        if member not in self._held:
            self._held[member] = self._checked(member, self._owners[member])
        return self._held[member]

    def _checked(self, member: Address, name: str) -> Registration:
        self._report(f"checking the bridge of {name}'s data")
        bridge = bridge_at(self._federation, name)
        if bridge is None:
            raise BridgeBroken(f"{name} shows no bridge to the data that it had registered", owner=name)
        since = _entry(self._site, bridge.registry, member, bridge.statement)
        if not since:
            raise BridgeBroken(f"{name} has not registered the data that its bridge begins with", owner=name)
        root = client_of(self._site.chain, self._ledger, member).root
        try:
            check_bridge(bridge, root, self._circuits, self._prover, self._report)
        except (BridgeBroken, ChainingBroken) as error:
            raise BridgeBroken(f"the bridge of {name} does not hold: {error.message}", owner=name) from error
        return Registration(root=bridge.statement.root, registry=bridge.registry, since=since)


def bridge_at(federation: Federation, name: str) -> Bridge | None:
    """What an owner shows; None for nothing, or for what cannot be read."""
    try:
        return Bridge.from_json(parse_json(federation.bridge(name).read_bytes()))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def save_bridge(federation: Federation, name: str, bridge: Bridge) -> None:
    """Keep what an owner shows, for all members."""
    make_private(federation.root)
    make_private(federation.bridge(name).parent)
    write_json(federation.bridge(name), bridge.to_json(), mode=0o600)


def _entry(site: Site, registry: Address, owner: Address, statement: HashedStatement) -> int:
    """Since when `owner` has stood by a data set, in Unix seconds; 0 where a registry does not know it as said."""
    artifact = load_artifact(DATA_REGISTRY)
    if artifact.differs_at(site.chain.code_at(registry)) is not None:
        return 0
    root = bytes.fromhex(statement.root[2:])
    ((since, batches, samples, _),) = read(site.chain, ContractAt(registry, artifact.abi), "dataSetOf", [owner, root])
    return int(since) if (batches, samples) == (statement.batches, statement.samples) else 0
