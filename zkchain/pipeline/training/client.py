"""Use case: take part in a federation as one data owner, from registration to the last round."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from ...chain.registry import ContractAt
from ...chain.signer import Signer
from ...chain.training import (
    ClientView,
    RoundView,
    act,
    beacon_of,
    block_stands,
    candidate_of,
    client_of,
    current_model,
    current_round,
    model_round,
    next_batch_of,
    round_of,
    settle,
)
from ...config import Config
from ...errors import ClientStruck, NotInDispute, RoundFailed
from ...files import write_json
from ...halo2 import Prover
from ...progress import Report, silent
from ...solidity.artifacts import load_artifact
from ...training.accounting import UNITS
from ...training.circuits import TrainingCircuits, commit_vectors, prove_vectors
from ...training.dataset import DataStatement, Openings, fresh_salt
from ...training.grid import from_grid
from ...training.hashing import HashedOpenings
from ...training.merkle import path_of
from ...training.methods import method_of
from ...training.noise import candidates, opened_secrets, point_hashes, secrets_hash
from ...values import Digest, keccak_of
from ..site import Site, open_site
from .bridging import build_bridge
from .folder import Federation, Opened
from .notes import Notes, RoundNoise, RoundProof
from .registering import OwnData
from .revealing import Revealed, expect_disputes, exposure, opening_of, owes, round_in_dispute
from .rounds import Submission, Taken
from .setup import LEDGER, circuits_of, signer_of

_PAUSE = 0.2
#: Where the update's point lies in a proof of the step: behind those of data, weights, noise and factors.
_UPDATE = slice(4 * 64, 5 * 64)


class Client:
    """One data owner at work. All that it keeps is in its own folder; every step can be taken up again."""

    def __init__(
        self,
        federation: Federation,
        name: str,
        *,
        config: Config,
        prover: Prover,
        report: Report = silent,
    ) -> None:
        self._federation, self._config, self._prover, self._report = federation, config, prover, report
        plan = federation.plan
        self._who, self._name, self._plan = plan.place_of(name), name, plan
        self._opened: Opened = federation.opened()
        self._circuits: TrainingCircuits = circuits_of(federation, config=config, prover=prover, report=report)
        self._site: Site = open_site(plan.network, config, signing=False)
        self._signer: Signer = signer_of(plan, self._who, config)
        self._ledger = ContractAt(self._opened.ledger, load_artifact(LEDGER).abi)
        self._notes = Notes(federation.rounds(name, self._opened.run))
        self._gas = 0
        self._seconds: list[float] = []

    def take_part(self, rounds: int) -> Taken:
        """Register, then act whenever it is this client's turn until `rounds` rounds are over.

        A round that was aborted is followed by another one, which is waited for. Raises RoundFailed for weights that
        the ledger does not hold, ClientStruck once this client was shut out, DisputesOff where the ledger asks for an
        update and the plan has no disputes, TransactionReverted with the ledger's reason, and EngineError.
        """
        with self._alone():
            self.register()
            while model_round(self._site.chain, self._ledger) < rounds:
                if not self.step():
                    time.sleep(_PAUSE)
        mine, seconds = client_of(self._site.chain, self._ledger, self._signer.address), tuple(self._seconds)
        self._expect_enrolled(mine)
        spent = None if self._plan.privacy is None else mine.epsilon / UNITS
        return Taken(name=self._name, rounds=rounds, epsilon=spent, gas=self._gas, prove_seconds=seconds)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No other process of this owner acts, and the ledger knows of everything that an earlier one has sent."""
        with self._notes.alone(lambda: self._report(f"waiting for another process of {self._name}")):
            settle(self._site.chain, self._signer, self._ledger, self._report)
            yield

    def register(self) -> Openings:
        """Commit to the data, once; what was committed before is what counts. Raises as `OwnData.register` does."""
        data = OwnData(
            federation=self._federation,
            owner=self._plan.owners[self._who],
            run=self._opened.run,
            notes=self._notes,
            circuits=self._circuits,
            config=self._config,
            prover=self._prover,
            report=self._report,
            bridge=self._bridge,
            send=self._register,
        )
        return data.register(client_of(self._site.chain, self._ledger, self._signer.address).root)

    def _register(self, data: DataStatement) -> None:
        privacy, cap = self._plan.privacy, 0
        if privacy is not None:
            cap = round((self._plan.owners[self._who].epsilon or privacy.epsilon) * UNITS)
        self._act("registerData", [
            bytes.fromhex(data.root[2:]), data.batches, data.samples, data.uses, cap, self._next_secrets(0),
        ])  # fmt: skip

    def _bridge(self, hashed: HashedOpenings, openings: Openings) -> None:
        """Show all members that the data are those that were registered."""
        account, circuits, prover, report = self._signer.address, self._circuits, self._prover, self._report
        build_bridge(self._federation, self._name, account, hashed, openings, circuits, self._site, prover, report)

    def prove_now(self) -> tuple[int, RoundProof]:
        """The proof for the round that is open, kept for when it is submitted. Raises RoundFailed out of its time."""
        number = current_round(self._site.chain, self._ledger)
        phase = round_of(self._site.chain, self._ledger, number).phase
        if phase != "submit":
            raise RoundFailed(f"round {number} is in phase {phase}; proofs are made in phase submit", round=number)
        with self._alone():
            return number, self.prove(number)

    def step(self) -> bool:
        """Do what the open round asks of this client now; False when that is nothing. Raises as `take_part` does."""
        number = current_round(self._site.chain, self._ledger)
        if number == 0:
            return False
        found = round_of(self._site.chain, self._ledger, number)
        mine = client_of(self._site.chain, self._ledger, self._signer.address)
        if found.phase == "reveal" and owes(mine, number):
            expect_disputes(self._plan)  # nothing is disclosed because a ledger asks for it
            return self._reveal(number)
        self._expect_enrolled(mine)
        if found.phase == "join" and mine.round != number:
            return self._join(number)
        if found.phase == "noise" and mine.round != number:
            return self._sealed(found) and self._commit_noise(number, mine)
        if found.phase == "submit" and mine.round == number and mine.stage in ("joined", "committed"):
            return self._sealed(found) and self.send(number, self.submission(number))
        return False

    def reveal(self) -> Revealed:
        """Answer the open dispute: this client's update of the round, its noise and its salt become public.

        Raises DisputesOff, NotInDispute, OpeningWrong, ChainingBroken, TransactionReverted with the ledger's reason.
        """
        number = round_in_dispute(self._site.chain, self._ledger, self._plan)
        spent = exposure(self._plan, self._opened.noise)
        costs = "which nothing hides" if spent is None else f"at epsilon {spent:.4f} for itself"
        self._report(f"{self._name}: the update of round {number} becomes public, {costs}")
        before, length = self._gas, self._circuits.layout.update_length
        with self._alone():
            self._reveal(number)
        gas = self._gas - before
        return Revealed(name=self._name, round=number, values=length, epsilon=spent, gas=gas)

    def _reveal(self, number: int) -> bool:
        chain, ledger = self._site.chain, self._ledger
        mine = client_of(chain, ledger, self._signer.address)
        if not owes(mine, number):
            raise NotInDispute(f"{self._name} has nothing to reveal in round {number}", owner=self._name, round=number)
        update = self._notes.update_of(number)
        opening = opening_of(update, mine, chain, ledger, self._circuits, self._prover, self._report)
        self._act("reveal", [number, opening.point, list(opening.scalars), opening.basis])
        return True

    def _expect_enrolled(self, mine: ClientView) -> None:
        if not mine.enrolled:
            raise ClientStruck(f"{self._name} was shut out of the federation", owner=self._name, round=mine.round)

    def _sealed(self, found: RoundView) -> bool:
        """Whether the block whose hash is drawn stands: noise from one that is taken back looks forged."""
        return self._plan.privacy is None or block_stands(self._site.chain, found.seal_block)

    def _join(self, number: int) -> bool:
        self._act("join", [number, bytes.fromhex(self._bound(self.prove(number))[2:])])
        return True

    def _next_secrets(self, number: int) -> bytes:
        """What this owner commits to in round `number`, or with its data, for its next noise; zeros without noise."""
        if self._plan.privacy is None:
            return bytes(32)
        return bytes.fromhex(secrets_hash(self._notes.drawn_secrets(number, self._plan.privacy.candidates))[2:])

    def _bound(self, made: RoundProof) -> Digest:
        """The update under this client's name: committed to before anybody shows one, so that no other can copy it."""
        return keccak_of(bytes.fromhex(self._signer.address[2:]) + made.proof[_UPDATE])

    def _commit_noise(self, number: int, mine: ClientView) -> bool:
        self._expect_fresh(number)
        kept = self._notes.secrets_with(mine.secrets_hash)
        beacon, deviation = beacon_of(self._site.chain, self._ledger, number), self._opened.noise.deviation
        vectors = candidates(kept, beacon, self._circuits.layout, deviation)
        points = commit_vectors(self._circuits, vectors, self._prover, self._report)
        self._notes.save_noise(number, RoundNoise(secrets=kept, vectors=tuple(vectors), points=points))
        hashed = bytes.fromhex(keccak_of(b"".join(point_hashes(points)))[2:])
        self._act("commitNoise", [number, hashed, self._next_secrets(number)])
        return True

    def submission(self, number: int) -> Submission:
        """What this client has to submit in round `number`; proved unless it was. Raises as `prove` does."""
        made = self.prove(number)
        path = path_of(self._openings().points, made.batch)
        given = Submission(proof=made.proof, path=path, noise_hashes=(), secrets=())
        if self._plan.privacy is None:
            return given
        noise = self._notes.noise_of(number)
        return replace(
            given,
            noise_hashes=tuple(point_hashes(noise.points)),
            secrets=tuple(opened_secrets(noise.secrets, self._chosen())),
        )

    def send(self, number: int, given: Submission) -> bool:
        """Submit. Raises TransactionReverted with the ledger's reason, before anything is sent."""
        opened = list(given.noise_hashes), list(given.secrets)
        self._act("submit", [number, (given.proof, list(given.path), *opened)])
        return True

    def prove(self, number: int) -> RoundProof:
        """The proof of this client's step in round `number`.

        Made once and kept: a second one would open the same commitments at another point. Raises RoundFailed before
        the noise is drawn, and EngineError.
        """
        made = self._notes.proof(number)
        if made is not None:
            return made
        layout, openings, batch = self._circuits.layout, self._openings(), self._expect_fresh(number)
        before, data = self.weights(number), openings.vectors[batch]
        factors = method_of(layout.architecture).factors(layout, data, before, openings.present[batch])
        vectors = [
            data,
            before,
            self._noise(number),
            (*factors, *fresh_salt(layout.factor_length - layout.batch, layout.limb_bits)),
        ]
        self._report(f"{self._name}: proving round {number}")
        started = time.monotonic()
        inputs = [from_grid(vector, layout.scale) for vector in vectors]
        proof, _, update = prove_vectors(self._circuits.step, inputs, self._prover, self._report)
        self._seconds.append(time.monotonic() - started)
        write_json(self._federation.update(self._name, self._opened.run, number), {"values": list(update)}, mode=0o600)
        made = RoundProof(proof=proof, batch=batch, update=update)
        self._notes.save_proof(number, made)
        return made

    def _expect_fresh(self, number: int) -> int:
        """The batch of round `number`. Raises RoundFailed where another proof would open too much."""
        batch = next_batch_of(self._site.chain, self._ledger, self._signer.address)
        self._notes.expect_fresh(number, model_round(self._site.chain, self._ledger), batch, self._circuits.layout)
        return batch

    def _noise(self, number: int) -> tuple[int, ...]:
        """The vector that hides this round's update."""
        if self._plan.privacy is None:
            return fresh_salt(self._circuits.layout.noise_salt)
        return self._notes.noise_of(number).vectors[self._chosen()]

    def _chosen(self) -> int:
        return candidate_of(self._site.chain, self._ledger, self._signer.address)

    def weights(self, number: int) -> tuple[int, ...]:
        """The model to train from: what the board says, if the ledger says the same. Raises RoundFailed."""
        model = current_model(self._site.chain, self._ledger)
        told = self._federation.weights(self._opened.run, model_round(self._site.chain, self._ledger))
        (point,) = commit_vectors(self._circuits, [told.values], self._prover, self._report)
        if keccak_of(point) != model:
            raise RoundFailed(
                f"the coordinator's weights for round {number} are not those that the ledger holds", round=number
            )
        return told.values

    def _openings(self) -> Openings:
        found = self._notes.openings
        if found is None:
            raise RoundFailed(f"{self._name} has registered no data here", owner=self._name)
        return found

    def _act(self, function: str, arguments: list[object]) -> None:
        self._report(f"{self._name}: {function}")
        receipt = act(self._site.chain, self._signer, self._ledger, function, arguments, self._report)
        self._gas += receipt.gas_used
