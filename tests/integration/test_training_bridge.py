"""Data that were registered by hashes, in a federation: what a bridge shows, and every way it does not hold."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.extras import need_training
from tests.support.federations import learnable, write_plan, write_table
from tests.support.parties import training_home
from zkchain.chain.training import client_of
from zkchain.config import Config
from zkchain.errors import BridgeBroken, ChainingBroken, DataMismatch, UsageError
from zkchain.files import parse_json, write_json
from zkchain.halo2 import Engine
from zkchain.pipeline.engine import make_engine
from zkchain.pipeline.training.bridging import BridgeGuard, hashed_at, read_hashed
from zkchain.pipeline.training.client import Client
from zkchain.pipeline.training.folder import load_federation, read_openings
from zkchain.pipeline.training.notes import OPENINGS
from zkchain.pipeline.training.register import Registered, Terms, register_data, register_hashed, register_hashed_for
from zkchain.pipeline.training.setup import Standing, open_federation
from zkchain.pipeline.training.verify import verify_plan
from zkchain.training.bridge import Bridge, bridge_of, check_bridge, prove_bridge
from zkchain.training.circuits import TrainingCircuits
from zkchain.training.dataset import Openings
from zkchain.training.grid import EXACT_BITS, HASH_LIMBS, from_grid
from zkchain.training.hashing import UNLIMITED, HashedOpenings, hash_table
from zkchain.values import MODULUS, FieldElement, digest

need_training()

#: ezkl's own answer, in a process of its own as it always is: of felts with the least significant byte first.
_ORACLE = "import ezkl, sys; print(ezkl.poseidon_hash(sys.argv[1].split(','))[0])"


@dataclass(frozen=True)
class Bridged:
    """A federation with one owner, the first, who had registered its data before there was a plan."""

    standing: Standing
    circuits: TrainingCircuits
    registered: Registered
    hashed: HashedOpenings
    openings: Openings
    bridge: Bridge
    config: Config
    prover: Engine
    plan: Path

    @property
    def guard(self) -> BridgeGuard:
        """A fresh one, since a guard looks no more at what has held."""
        return BridgeGuard(self.standing, prover=self.prover)

    def refused(self, bridge: Bridge | None) -> str:
        """What is said of the owner when it shows this instead; everybody who looks says it."""
        path, member = self.standing.federation.bridge("owner0"), self.standing.opened.members[0]
        kept = path.read_bytes()
        try:
            path.unlink() if bridge is None else write_json(path, bridge.to_json(), mode=0o600)
            with pytest.raises(BridgeBroken) as caught:
                self.guard.registration(member)
            with pytest.raises(BridgeBroken):
                self.guard.expect()
            checked = verify_plan(self.plan, config=self.config, prover=self.prover)
            assert not checked.good
            assert [(one.what, one.holds, one.why) for one in checked.checks] == [
                ("setup", True, ""),
                ("circuits", True, ""),
                ("data bridge", False, caught.value.message),
            ]
        finally:
            path.write_bytes(kept)
        return caught.value.message


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Config]:
    with training_home(tmp_path_factory.mktemp("bridges")) as found:
        yield found


@pytest.fixture(scope="module")
def prover(config: Config) -> Engine:
    found = make_engine(config)
    assert isinstance(found, Engine)
    return found


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = write_plan(tmp_path_factory.mktemp("plan"), aggregation="clear", private=False)
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("data = 'owner0.csv'", "data = 'registered:early'\ncommitment = 'poseidon'"), encoding="utf-8"
    )
    return path


TERMS = Terms(batch=4, scale=10, targets=1, network="local", signer="dev:1")


@pytest.fixture(scope="module")
def bridged(config: Config, prover: Engine, plan: Path) -> Bridged:
    source = plan.with_name("owner0.csv")
    registered = register_hashed(source, "early", TERMS, config=config, prover=prover)
    federation = load_federation(plan)
    standing = open_federation(federation, config=config, prover=prover)
    openings = Client(federation, "owner0", config=config, prover=prover).register()
    return Bridged(
        standing=standing,
        circuits=standing.circuits,
        registered=registered,
        hashed=read_hashed(hashed_at(config, "early")),
        openings=openings,
        bridge=Bridge.from_json(parse_json(federation.bridge("owner0").read_bytes())),
        config=config,
        prover=prover,
        plan=plan,
    )


def test_the_hash_that_is_registered_is_ezkls_and_the_proofs(bridged: Bridged) -> None:
    for vector, hashed, batch in zip(
        bridged.hashed.vectors, bridged.hashed.hashes, bridged.bridge.batches, strict=True
    ):
        felts = [(value % MODULUS).to_bytes(32, "little").hex() for value in vector]
        said = subprocess.run([sys.executable, "-c", _ORACLE, ",".join(felts)], capture_output=True, check=True)
        assert FieldElement.from_le_hex(said.stdout.decode().strip()) == hashed == batch.hash
    assert [batch.point for batch in bridged.bridge.batches] == list(bridged.openings.points)


_numbers = st.one_of(
    st.integers(-(2**EXACT_BITS) + 1, 2**EXACT_BITS - 1), st.sampled_from([0, 1, -1, 1 - 2**EXACT_BITS])
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_the_circuit_hashes_is_what_is_registered_for_any_numbers(bridged: Bridged, data: st.DataObject) -> None:
    layout, files = bridged.circuits.layout, bridge_of(bridged.circuits).files
    limbs = st.integers(0, 2**EXACT_BITS - 1)
    values = data.draw(st.lists(_numbers, min_size=layout.values_length, max_size=layout.values_length))
    salts = [
        data.draw(st.lists(limbs, min_size=size, max_size=size))
        for size in (layout.data_salt, HASH_LIMBS + layout.bridge_salt)
    ]
    inputs = [from_grid(vector, layout.scale) for vector in ([*values, *salts[0]], salts[1])]
    model = files.circuit.with_name("bridge.model.onnx")
    (witness,) = bridged.prover.witness(model, files.settings, [inputs])
    assert [value.signed for value in witness.outputs[0]] == [*values, *salts[1][:HASH_LIMBS]]


def test_an_honest_bridge_holds_for_everybody(bridged: Bridged) -> None:
    member = bridged.standing.opened.members[0]
    found = bridged.guard.registration(member)
    assert (found.root, found.registry) == (bridged.registered.root, bridged.registered.registry)
    assert 0 < found.since <= bridged.standing.site.chain.head().timestamp
    bridged.guard.expect()
    assert bridged.guard.members == (member,)


def test_samples_are_the_same_and_no_salt_is(bridged: Bridged) -> None:
    """What a federation commits to has salt of its own, so that no other federation's proofs are about it."""
    layout = bridged.circuits.layout
    for hashed, vector in zip(bridged.hashed.vectors, bridged.openings.vectors, strict=True):
        assert vector[: layout.values_length] == hashed[:-HASH_LIMBS]
        assert not set(vector[layout.values_length :]) & set(hashed[-HASH_LIMBS:])


def test_registering_again_changes_nothing(bridged: Bridged) -> None:
    source = bridged.plan.with_name("owner0.csv")
    again = register_hashed(source, "early", TERMS, config=bridged.config, prover=bridged.prover)
    assert again == replace(bridged.registered, tx_hash="")


def test_other_data_or_other_terms_are_not_the_registered_ones(bridged: Bridged) -> None:
    source = bridged.plan.with_name("owner0.csv")
    with pytest.raises(DataMismatch, match="is registered as early"):
        register_hashed(source.with_name("owner1.csv"), "early", TERMS, config=bridged.config, prover=bridged.prover)
    with pytest.raises(ChainingBroken, match="registered with batch 4, asked for is 2"):
        register_hashed(source, "early", replace(TERMS, batch=2), config=bridged.config, prover=bridged.prover)
    with pytest.raises(UsageError, match="is no name for data"):
        register_hashed(source, "../early", TERMS, config=bridged.config, prover=bridged.prover)


def test_both_kinds_of_one_name_are_kept_side_by_side(bridged: Bridged) -> None:
    source, config, prover = bridged.plan.with_name("owner1.csv"), bridged.config, bridged.prover
    hashed = register_hashed_for(source, "owner1", bridged.plan, config=config, prover=prover)
    points = register_data(source, "owner1", bridged.plan, config=config, prover=prover)
    assert (hashed.commitment, points.commitment) == ("poseidon", "kzg")
    assert hashed.root != points.root
    assert hashed.registry == points.registry
    assert {Path(one.openings).stat().st_mode & 0o077 for one in (hashed, points)} == {0}
    assert register_data(source, "owner1", bridged.plan, config=config, prover=prover).tx_hash == ""


def test_no_datum_and_no_salt_is_in_what_all_may_see(bridged: Bridged) -> None:
    path = bridged.standing.federation.bridge("owner0")
    shown = path.read_text(encoding="utf-8") + str(bridged.registered.to_json()) + str(bridged.hashed.statement)
    flat = shown.replace("\n", "").replace(" ", "")
    for vector in (*bridged.hashed.vectors, *bridged.openings.vectors):
        for start in range(0, len(vector) - 3, 4):
            assert ",".join(map(str, vector[start : start + 4])) not in flat
        for limb in vector[-HASH_LIMBS:]:
            assert str(limb) not in str(bridged.registered.to_json())


def test_on_chain_are_the_root_and_three_counts(bridged: Bridged) -> None:
    sent = bridged.standing.site.chain.sent(digest(bridged.registered.tx_hash))
    counts = (bridged.registered.batches, bridged.registered.samples, UNLIMITED)
    words = bytes.fromhex(bridged.registered.root[2:]) + b"".join(count.to_bytes(32, "big") for count in counts)
    assert sent is not None
    assert sent.data[4:] == words


def test_nothing_is_shown_of_what_was_promised(bridged: Bridged) -> None:
    assert "owner0 shows no bridge" in bridged.refused(None)


def test_batches_in_another_order_are_others(bridged: Bridged) -> None:
    swapped = replace(bridged.bridge, batches=bridged.bridge.batches[::-1])
    assert "about other hashes than the registered ones" in bridged.refused(swapped)


def test_a_batch_that_is_missing_is_missed(bridged: Bridged) -> None:
    assert "there are proofs of 1 batches, registered are 2" in bridged.refused(
        replace(bridged.bridge, batches=bridged.bridge.batches[:1])
    )


def test_a_hash_that_is_not_the_proofs_is_refused(bridged: Bridged) -> None:
    """The statement is right and so are both roots; the second batch's proof is about other samples."""
    first, second = bridged.bridge.batches
    mixed = replace(second, proof=second.point + first.proof[64:])
    assert "the proof of batch 1 does not hold" in bridged.refused(replace(bridged.bridge, batches=(first, mixed)))


@pytest.mark.parametrize("place", [64, 1000, -1])
def test_a_proof_that_was_touched_does_not_hold(bridged: Bridged, place: int) -> None:
    first, second = bridged.bridge.batches
    touched = bytearray(first.proof)
    touched[place] ^= 1
    assert "the proof of batch 0 does not hold" in bridged.refused(
        replace(bridged.bridge, batches=(replace(first, proof=bytes(touched)), second))
    )


def test_another_salt_is_another_registration(bridged: Bridged) -> None:
    """The same samples hashed anew, by nobody registered."""
    source = bridged.plan.with_name("owner0.csv")
    anew = hash_table(source, batch=4, scale=10, targets=1, prover=bridged.prover)
    assert anew.values == bridged.hashed.values
    assert anew.statement.root != bridged.hashed.statement.root
    assert "has not registered the data" in bridged.refused(replace(bridged.bridge, statement=anew.statement))
    forged = replace(anew, hashes=bridged.hashed.hashes)
    with pytest.raises(BridgeBroken, match="the hash of batch 0 is not the registered one"):
        list(prove_bridge(forged, bridged.openings, bridged.circuits, bridged.prover))


def test_a_leaf_that_was_changed_is_not_the_registered_root(bridged: Bridged) -> None:
    first, second = bridged.bridge.batches
    changed = replace(second, hash=FieldElement((int(second.hash) + 1) % MODULUS))
    assert "about other hashes" in bridged.refused(replace(bridged.bridge, batches=(first, changed)))
    hashes = (bridged.hashed.hashes[0], changed.hash)
    with pytest.raises(DataMismatch, match="not those of the registered root"):
        replace(bridged.hashed, hashes=hashes).check()


def test_a_registration_of_another_account_is_nobodys(bridged: Bridged) -> None:
    """owner1 has registered these hashes; that owner0 has is what is asked."""
    hashed = read_hashed(hashed_at(bridged.config, "owner1"))
    assert "owner0 has not registered the data" in bridged.refused(replace(bridged.bridge, statement=hashed.statement))


def test_a_contract_that_is_no_registry_knows_nothing(bridged: Bridged) -> None:
    elsewhere = replace(bridged.bridge, registry=bridged.standing.ledger.address)
    assert "owner0 has not registered the data" in bridged.refused(elsewhere)


def test_commitments_of_other_data_are_not_bridged(bridged: Bridged) -> None:
    other = read_openings(bridged.config.home / "data" / "owner1" / OPENINGS)
    with pytest.raises(BridgeBroken, match="other commitments than the federation's"):
        check_bridge(bridged.bridge, other.statement.root, bridged.circuits, bridged.prover)
    with pytest.raises(BridgeBroken, match="are not those that were registered"):
        list(prove_bridge(bridged.hashed, other, bridged.circuits, bridged.prover))


def test_a_registration_of_another_shape_is_refused_before_anything_is_proved(bridged: Bridged) -> None:
    statement = bridged.hashed.statement
    other = replace(statement, shape=replace(statement.shape, scale=11))
    with pytest.raises(ChainingBroken, match="registered with scale 11, the federation has 10"):
        check_bridge(replace(bridged.bridge, statement=other), statement.root, bridged.circuits, bridged.prover)


def test_one_kind_does_not_pass_for_the_other(bridged: Bridged) -> None:
    known = client_of(bridged.standing.site.chain, bridged.standing.ledger, bridged.standing.opened.members[0])
    assert known.root == bridged.openings.statement.root != bridged.hashed.statement.root
    with pytest.raises(ValueError, match="unknown keys"):
        Openings.from_json({**bridged.openings.to_json(), "statement": bridged.hashed.statement.to_json()})
    with pytest.raises(ValueError, match="unknown keys"):
        HashedOpenings.from_json({**bridged.hashed.to_json(), "statement": bridged.openings.statement.to_json()})


def test_data_that_changed_after_they_were_registered_are_refused_to_their_owner(bridged: Bridged) -> None:
    """Someone registers other samples under the name: what the owner commits to is not them."""
    path = hashed_at(bridged.config, "early")
    kept = path.read_bytes()
    x, y = learnable(17, 8)
    source = bridged.plan.with_name("changed.csv")
    write_table(source, np.asarray(x), y)
    client = Client(bridged.standing.federation, "owner0", config=bridged.config, prover=bridged.prover)
    try:
        path.unlink()
        register_hashed(source, "early", TERMS, config=bridged.config, prover=bridged.prover)
        with pytest.raises(BridgeBroken, match="are not those that were registered"):
            client.register()
    finally:
        path.write_bytes(kept)
    shown = bridged.standing.federation.bridge("owner0")
    assert Bridge.from_json(parse_json(shown.read_bytes())) == bridged.bridge


def test_what_was_proved_is_not_proved_again(bridged: Bridged) -> None:
    """Another proof would open the commitment at another point."""
    made = bridged.bridge.batches
    steps = list(prove_bridge(bridged.hashed, bridged.openings, bridged.circuits, bridged.prover, made=made))
    assert steps == [made]
