// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ModelRegistry} from "../../../contracts/ModelRegistry.sol";
import {ITrainingLedger} from "../../../contracts/interfaces/ITrainingLedger.sol";
import {G1} from "../../../contracts/libraries/G1.sol";
import {SilentVerifier} from "../support/SilentVerifier.sol";
import {Vm} from "../support/Vm.sol";
import {SymbolicLedger} from "./support/SymbolicLedger.sol";

/// @dev Proved by halmos for all values of the arguments: `make prove-contracts`. The verifiers say yes to everything,
/// and sums and multiples of points are whatever they are, so what is shown holds whatever a proof system does and
/// whatever group the commitments live in. All ledgers have one chunk, and clients one batch to begin with: every
/// point that nothing is said of is the generator.
contract SymbolicLedgerTest {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    address private constant ONE = address(0x1111);
    address private constant OTHER = address(0x2222);
    uint8 private constant CANDIDATES = 2;
    uint32 private constant WINDOW = 100;
    uint64 private constant FIRST = 10;
    uint64 private constant SECOND = 20;
    uint64 private constant THIRD = 30;

    /// @dev What can be done to a ledger, but for closing.
    enum Step {
        Join,
        CommitNoise,
        Submit,
        Reveal,
        Strike,
        EndJoin,
        EndNoise,
        Draw,
        Abort,
        Dispute,
        Open,
        Enroll,
        Expel,
        HashWeights
    }

    SymbolicLedger private noisy;
    SymbolicLedger private plain; // without noise
    SilentVerifier private verifier;
    bytes private point = abi.encode(uint256(1), uint256(2)); // the generator

    function setUp() public {
        vm.chainId(31337);
        verifier = new SilentVerifier();
        noisy = new SymbolicLedger(given(CANDIDATES));
        plain = new SymbolicLedger(given(0));
    }

    function given(uint8 candidates) private returns (ITrainingLedger.Setup memory s) {
        s.coordinator = address(this);
        s.registry = address(new ModelRegistry());
        s.client = ITrainingLedger.Circuit(address(verifier), address(verifier).codehash);
        (s.server, s.weights) = (s.client, s.client);
        s.chunks = 1;
        s.blank = G1.Point(1, 2);
        s.genesis = keccak256(point);
        s.schedule = new uint64[](candidates == 0 ? 0 : 3);
        if (candidates != 0) (s.schedule[0], s.schedule[1], s.schedule[2]) = (FIRST, SECOND, THIRD);
        s.candidates = candidates;
        s.quorum = 1;
        (s.joinSeconds, s.noiseSeconds, s.submitSeconds, s.closeSeconds) = (WINDOW, WINDOW, WINDOW, WINDOW);
        s.basisHash = keccak256(point);
        s.devSrs = true;
    }

    // --- states and steps --------------------------------------------------------------------------------------------

    function register(SymbolicLedger ledger, uint32 batches, uint32 uses, uint64 cap) private {
        ledger.enroll(ONE);
        vm.prank(ONE);
        ledger.registerData(rootOf(0), batches, 1, uses, cap, ledger == noisy ? bytes32("secrets") : bytes32(0));
    }

    /// @dev Of a tree with one leaf.
    function rootOf(uint256 batch) private view returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(batch, keccak256(point)))));
    }

    /// @dev A client with everything at hand, in the first round of a ledger with noise; it has submitted once before.
    function stand(ITrainingLedger.Phase phase, ITrainingLedger.Stage stage, uint256 time) private {
        register(noisy, 1, 3, THIRD);
        noisy.putData(ONE, rootOf(0), 1);
        noisy.openRound();
        put(phase, stage);
        vm.warp(time);
    }

    function put(ITrainingLedger.Phase phase, ITrainingLedger.Stage stage) private {
        noisy.putPhase(phase, 1);
        noisy.putStage(ONE, stage == ITrainingLedger.Stage.None ? 0 : 1, stage);
        bytes32 secret = keccak256(abi.encode(0));
        bytes32 candidates = keccak256(abi.encode(keccak256(point), keccak256(point)));
        bool proved = stage == ITrainingLedger.Stage.Submitted || stage == ITrainingLedger.Stage.Struck;
        bytes32 drawn = keccak256(abi.encode(candidates, keccak256(abi.encode(secret, secret))));
        noisy.putHashes(ONE, "next", proved ? keccak256(point) : drawn);
    }

    /// @dev What ONE would send, and for its own steps the coordinator.
    function step(Step which) private view returns (bytes memory) {
        if (which == Step.Join) return abi.encodeCall(noisy.join, (1, bytes32(uint256(1))));
        if (which == Step.CommitNoise) return abi.encodeCall(noisy.commitNoise, (1, bytes32(0), bytes32("next")));
        if (which == Step.Submit) return abi.encodeCall(noisy.submit, (1, noisyUpdate()));
        if (which == Step.Reveal) return abi.encodeCall(noisy.reveal, (1, point, new uint256[](1), point));
        if (which == Step.Strike) return abi.encodeCall(noisy.strike, (1, ONE));
        if (which == Step.EndJoin) return abi.encodeCall(noisy.endJoin, (1));
        if (which == Step.EndNoise) return abi.encodeCall(noisy.endNoise, (1));
        if (which == Step.Draw) return abi.encodeCall(noisy.draw, (1));
        if (which == Step.Abort) return abi.encodeCall(noisy.abort, (1));
        if (which == Step.Dispute) return abi.encodeCall(noisy.dispute, (1));
        if (which == Step.Open) return abi.encodeCall(noisy.openRound, ());
        if (which == Step.Enroll) return abi.encodeCall(noisy.enroll, (OTHER));
        if (which == Step.Expel) return abi.encodeCall(noisy.expel, (ONE));
        return abi.encodeCall(noisy.hashWeights, (point, 1));
    }

    function noisyUpdate() private view returns (ITrainingLedger.Update memory made) {
        made = update(point, point, point);
        made.noiseHashes = new bytes32[](CANDIDATES);
        (made.noiseHashes[0], made.noiseHashes[1]) = (keccak256(point), keccak256(point));
        made.secrets = new bytes32[](CANDIDATES);
        uint256 chosen = uint256(keccak256(abi.encode(keccak256(point), ONE))) % CANDIDATES;
        made.secrets[chosen] = keccak256(abi.encode(0));
    }

    function update(bytes memory batch, bytes memory weights, bytes memory points)
        private
        view
        returns (ITrainingLedger.Update memory made)
    {
        made.proof = bytes.concat(batch, weights, point, point, points);
    }

    function done(SymbolicLedger ledger, address caller, bytes memory data) private returns (bool success) {
        vm.prank(caller);
        (success,) = address(ledger).call(data);
    }

    /// @dev ONE has its own way, on which a candidate is drawn: of a caller who may be anyone halmos does not know which.
    function doneByAnyone(address caller, Step which) private returns (bool) {
        return caller == ONE ? done(noisy, ONE, step(which)) : done(noisy, caller, step(which));
    }

    // --- rules -------------------------------------------------------------------------------------------------------

    /// @dev Nobody but the coordinator enrols, expels, opens a round, asks for reveals or closes.
    function check_onlyTheCoordinator(address caller, Step which, bool closing, uint256[4] memory own) public {
        if (closing) {
            bool closed = done(plain, caller, closingOf(own, [ONE, OTHER], own, [uint256(1), 2], [uint256(1), 2]));
            assert(!closed || caller == address(this));
            return;
        }
        vm.assume(which == Step.Enroll || which == Step.Expel || which == Step.Open || which == Step.Dispute);
        register(noisy, 1, 3, THIRD);
        if (which != Step.Open) noisy.openRound();
        if (which == Step.Dispute) noisy.putPhase(ITrainingLedger.Phase.Submit, 1);
        assert(done(noisy, caller, step(which)) == (caller == address(this)));
    }

    /// @dev Two clients have submitted `own`, and the coordinator names whom it likes, with what it likes.
    function closingOf(
        uint256[4] memory own,
        address[2] memory named,
        uint256[4] memory shown,
        uint256[2] memory sum,
        uint256[2] memory next
    ) private returns (bytes memory) {
        plain.openRound();
        plain.putPhase(ITrainingLedger.Phase.Submit, 2);
        plain.putStage(ONE, 1, ITrainingLedger.Stage.Submitted);
        plain.putStage(OTHER, 1, ITrainingLedger.Stage.Submitted);
        plain.putHashes(ONE, 0, keccak256(abi.encode(own[0], own[1])));
        plain.putHashes(OTHER, 0, keccak256(abi.encode(own[2], own[3])));
        address[] memory clients = new address[](2);
        (clients[0], clients[1]) = (named[0], named[1]);
        bytes memory proof = bytes.concat(point, abi.encode(sum), abi.encode(next));
        return abi.encodeCall(plain.close, (1, proof, clients, abi.encode(shown)));
    }

    /// @dev A round is closed with all who submitted and nobody else, with their own updates, with the sum that these
    /// give, and with the model that the proof says.
    function check_closingTakesTheSumOfTheUpdates(
        address[2] memory named,
        uint256[4] memory own,
        uint256[4] memory shown,
        uint256[2] memory sum,
        uint256[2] memory next
    ) public {
        bytes memory data = closingOf(own, named, shown, sum, next);
        if (!done(plain, address(this), data)) {
            assert(plain.currentModel() == keccak256(point));
            return;
        }
        assert(plain.currentModel() == keccak256(abi.encode(next)));
        assert(named[0] == ONE && named[1] == OTHER);
        assert(keccak256(abi.encode(own)) == keccak256(abi.encode(shown)));
        G1.Point memory left = G1.add(G1.Point(sum[0], sum[1]), G1.mul(G1.Point(1, 2), 1));
        assert(G1.equal(left, G1.add(G1.Point(own[0], own[1]), G1.Point(own[2], own[3]))));
    }

    /// @dev Nothing but closing makes the model another one: in no phase, at no time, by nobody.
    function check_theModelChangesByClosingAlone(
        address caller,
        ITrainingLedger.Phase phase,
        ITrainingLedger.Stage stage,
        uint40 time,
        Step which
    ) public {
        stand(phase, stage, time);
        doneByAnyone(caller, which);
        assert(noisy.currentModel() == keccak256(point));
    }

    /// @dev A client is charged for an update that is accepted and for nothing else, and nothing that was spent is
    /// forgotten.
    function check_onlyAnUpdateIsCharged(
        address caller,
        ITrainingLedger.Phase phase,
        ITrainingLedger.Stage stage,
        uint40 time,
        Step which
    ) public {
        stand(phase, stage, time);
        bool charged = doneByAnyone(caller, which) && which == Step.Submit;
        (uint32 batches, uint32 participations) = noisy.usedOf(ONE);
        assert(batches == 1 && participations == (charged ? 2 : 1));
    }

    /// @dev Whatever salt and cap a client registered: if it can join and submit, that is one participation more, no
    /// batch has had more proofs than its salt bears, epsilon did not fall and is within the cap. By how often its two
    /// batches took part, up to beyond the schedule's end: the solver divides numbers that it is given.
    function check_theBudgetIsKept(uint32 uses, uint64 cap, uint8 turns, bool odd) public {
        register(noisy, 2, uses, cap);
        noisy.openRound();
        for (uint32 i = 0; i < 4; ++i) {
            if (turns == i) submitWithin(uses, cap, odd ? 2 * i + 1 : 2 * i);
        }
    }

    function submitWithin(uint32 uses, uint64 cap, uint32 participations) private {
        noisy.putData(ONE, rootOf(participations % 2), participations);
        noisy.putPhase(ITrainingLedger.Phase.Noise, 1);
        if (!done(noisy, ONE, step(Step.CommitNoise))) return;
        uint64 before = noisy.epsilonOf(ONE);
        put(ITrainingLedger.Phase.Submit, ITrainingLedger.Stage.Committed);
        assert(done(noisy, ONE, step(Step.Submit)));
        ITrainingLedger.ClientView memory one = noisy.clientOf(ONE);
        assert(one.participations == participations + 1);
        assert(participations / 2 < uses);
        assert(one.epsilon >= before && one.epsilon <= cap);
    }

    /// @dev Nobody is in a round twice.
    function check_nobodyJoinsTwice(ITrainingLedger.Stage stage, bytes32 hash) public {
        vm.assume(stage != ITrainingLedger.Stage.None);
        stand(ITrainingLedger.Phase.Join, stage, block.timestamp);
        assert(!done(noisy, ONE, abi.encodeCall(noisy.join, (1, hash))));
    }

    /// @dev Candidates, once committed to, are not changed for others that the beacon likes better.
    function check_nobodyCommitsTwice(bytes32 hash, bytes32 next) public {
        stand(ITrainingLedger.Phase.Noise, ITrainingLedger.Stage.Committed, block.timestamp);
        assert(!done(noisy, ONE, abi.encodeCall(noisy.commitNoise, (1, hash, next))));
    }

    /// @dev Who registers, or is let in again, while the beacon is known could have chosen its secrets by it: it commits
    /// to nothing in this round.
    function check_whoKnowsTheBeaconWaits(bytes32 secrets, bytes32 hash, bytes32 next, bool back) public {
        vm.assume(secrets != 0);
        if (back) register(noisy, 1, 3, THIRD);
        noisy.openRound();
        noisy.putPhase(ITrainingLedger.Phase.Noise, 1);
        if (back) {
            noisy.expel(ONE);
            noisy.enroll(ONE);
        } else {
            noisy.enroll(ONE);
            vm.prank(ONE);
            noisy.registerData(rootOf(0), 1, 1, 3, THIRD, secrets);
        }
        assert(!done(noisy, ONE, abi.encodeCall(noisy.commitNoise, (1, hash, next))));
    }

    /// @dev Without noise ONE has joined with the hash of this, and is to submit.
    function joined(bytes memory promised) private {
        register(plain, 1, 3, 0);
        plain.openRound();
        plain.putPhase(ITrainingLedger.Phase.Submit, 1);
        plain.putStage(ONE, 1, ITrainingLedger.Stage.Joined);
        plain.putHashes(ONE, keccak256(promised), 0);
    }

    /// @dev An update that was accepted is the only one of its client's in the round.
    function check_nobodySubmitsTwice(bytes32 tail) public {
        joined(abi.encodePacked(ONE, point));
        ITrainingLedger.Update memory made = update(point, point, point);
        assert(done(plain, ONE, abi.encodeCall(plain.submit, (1, made))));
        made.proof = bytes.concat(made.proof, tail);
        assert(!done(plain, ONE, abi.encodeCall(plain.submit, (1, made))));
    }

    /// @dev Without noise an update is accepted from whoever committed to it under its own name: what others have seen
    /// of it does not help them.
    function check_nobodySubmitsAnothersUpdate(address owner, uint256[2] memory points) public {
        joined(abi.encodePacked(owner, points));
        ITrainingLedger.Update memory made = update(point, point, abi.encode(points));
        if (done(plain, ONE, abi.encodeCall(plain.submit, (1, made)))) assert(owner == ONE);
    }

    /// @dev A proof is of the batch that is the client's next, and of the model as it is.
    function check_aProofIsOfTheBatchAndTheModel(uint256[2] memory other, bool batch) public {
        joined(abi.encodePacked(ONE, point));
        bytes memory points = abi.encode(other);
        ITrainingLedger.Update memory made = batch ? update(points, point, point) : update(point, points, point);
        if (done(plain, ONE, abi.encodeCall(plain.submit, (1, made)))) assert(keccak256(points) == keccak256(point));
    }

    /// @dev Every step has its phase.
    function check_everyStepHasItsPhase(
        ITrainingLedger.Phase phase,
        ITrainingLedger.Stage stage,
        uint40 time,
        Step which
    ) public {
        vm.assume(which < Step.Draw || which == Step.Dispute);
        stand(phase, stage, time);
        if (!done(noisy, which == Step.Dispute ? address(this) : ONE, step(which))) return;
        if (which == Step.Join || which == Step.EndJoin) assert(phase == ITrainingLedger.Phase.Join);
        else if (which == Step.CommitNoise || which == Step.EndNoise) assert(phase == ITrainingLedger.Phase.Noise);
        else if (which == Step.Submit || which == Step.Dispute) assert(phase == ITrainingLedger.Phase.Submit);
        else assert(phase == ITrainingLedger.Phase.Reveal);
    }

    /// @dev What clients do has its last second.
    function check_nothingIsDoneTooLate(
        ITrainingLedger.Phase phase,
        ITrainingLedger.Stage stage,
        uint40 time,
        Step which
    ) public {
        vm.assume(which < Step.Strike);
        uint256 deadline = block.timestamp + WINDOW;
        stand(phase, stage, time);
        if (done(noisy, ONE, step(which))) assert(time <= deadline);
    }

    /// @dev What ends it for others waits for that.
    function check_nothingIsEndedTooEarly(
        ITrainingLedger.Phase phase,
        ITrainingLedger.Stage stage,
        uint40 time,
        Step which
    ) public {
        vm.assume(which == Step.EndJoin || which == Step.EndNoise || which == Step.Strike);
        uint256 deadline = block.timestamp + WINDOW;
        stand(phase, stage, time);
        if (done(noisy, ONE, step(which))) assert(time > deadline);
    }

    /// @dev One who was expelled joins, commits to noise and submits no more.
    function check_theExpelledTakeNoStep(ITrainingLedger.Phase phase, ITrainingLedger.Stage stage, Step which) public {
        vm.assume(which <= Step.Submit);
        stand(phase, stage, block.timestamp);
        noisy.expel(ONE);
        put(phase, stage);
        assert(!done(noisy, ONE, step(which)));
    }

    /// @dev Struck is who submitted and did not reveal, and no other.
    function check_onlyWhoDidNotRevealIsStruck(ITrainingLedger.Stage stage, uint32 round, uint8 revealed) public {
        stand(ITrainingLedger.Phase.Reveal, stage, block.timestamp + WINDOW + 1);
        noisy.putStage(ONE, round, stage);
        noisy.putRevealed(ONE, revealed);
        bool struck = done(noisy, OTHER, step(Step.Strike));
        assert(struck == (round == 1 && stage == ITrainingLedger.Stage.Submitted && revealed != 1));
        assert(!struck || !noisy.clientOf(ONE).enrolled);
    }

    function readPoint(bytes calldata data) external pure {
        G1.readChecked(data, 0);
    }

    /// @dev A point is written in one way: no coordinate that is read as one is the field's order or above it.
    function check_coordinatesLieInTheField(uint256 x, uint256 y) public view {
        (bool read,) = address(this).staticcall(abi.encodeCall(this.readPoint, (abi.encode(x, y))));
        assert(!read || (x < G1.P && y < G1.P));
    }
}
