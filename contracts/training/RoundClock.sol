// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ITrainingLedger} from "../interfaces/ITrainingLedger.sol";
import {LedgerSetup} from "./LedgerSetup.sol";

/// @title Which round is open, what it is doing, until when, and what chance said
/// @notice There is one round at a time, so its state is in slots that the next one uses again.
abstract contract RoundClock is LedgerSetup {
    /// @dev One slot.
    struct Live {
        uint32 round; // the last that was opened
        Phase phase; // None between rounds
        uint16 ready; // clients whose data bears a further proof
        uint16 members; // of the round; in phase Noise, who could be
        uint16 done; // members that did what the phase asks
        bool drawn; // the hash of `sealBlock` is kept
        uint64 maxEpsilon;
        uint40 deadline;
        uint40 sealBlock;
    }

    /// @dev What is kept of a round that is over.
    struct Past {
        Phase phase;
        uint16 members;
        uint16 updates;
        uint64 maxEpsilon;
    }

    /// @dev For so many blocks the chain gives a block's hash.
    uint256 private constant _HASHES = 256;

    Live internal _live;
    mapping(uint256 round => Past) private _past;
    bytes32 private _beacon;
    bytes32 private _challenge;

    /// @inheritdoc ITrainingLedger
    bytes32 public currentModel;

    constructor(bytes32 genesis) {
        currentModel = genesis;
        // Not zero, so that the first who draws pays no more for it than those after.
        (_beacon, _challenge) = (genesis, genesis);
    }

    /// @inheritdoc ITrainingLedger
    function openRound() external returns (uint256 round) {
        _onlyCoordinator();
        Live storage live = _live;
        if (live.phase != Phase.None) revert RoundIsOpen(live.round);
        round = ++live.round;
        (live.done, live.maxEpsilon) = (0, 0);
        emit RoundOpened(round, currentModel);
        if (_CANDIDATES == 0) {
            live.members = 0;
            _begin(Phase.Join, _JOIN_SECONDS);
        } else {
            live.members = live.ready;
            _begin(Phase.Noise, _NOISE_SECONDS);
        }
    }

    /// @inheritdoc ITrainingLedger
    function endJoin(uint256 round) external {
        Live storage live = _expect(round, Phase.Join);
        _expectAfter(live.deadline);
        if (live.members < _QUORUM) _abort();
        else _endJoin();
    }

    /// @inheritdoc ITrainingLedger
    function endNoise(uint256 round) external {
        Live storage live = _expect(round, Phase.Noise);
        _expectAfter(live.deadline);
        if (live.done < _QUORUM) _abort();
        else _endNoise();
    }

    /// @inheritdoc ITrainingLedger
    function draw(uint256 round) external {
        Live storage live = _open(round);
        bool draws = _CANDIDATES != 0 && (live.phase == Phase.Noise || live.phase == Phase.Submit);
        if (!draws || live.drawn) revert NothingToDraw(round);
        _draw();
    }

    /// @inheritdoc ITrainingLedger
    function abort(uint256 round) external {
        _open(round);
        if (!_hopeless()) revert RoundCanGoOn(round);
        _abort();
    }

    /// @inheritdoc ITrainingLedger
    function currentRound() external view returns (uint256) {
        return _live.round;
    }

    /// @inheritdoc ITrainingLedger
    function phase(uint256 round) public view returns (Phase) {
        return _isOpen(round) ? _live.phase : _past[round].phase;
    }

    /// @inheritdoc ITrainingLedger
    function roundOf(uint256 round) external view returns (RoundView memory seen) {
        seen.phase = phase(round);
        if (!_isOpen(round)) {
            Past storage past = _past[round];
            (seen.members, seen.done, seen.maxEpsilon) = (past.members, past.updates, past.maxEpsilon);
            return seen;
        }
        Live storage live = _live;
        (seen.members, seen.done, seen.maxEpsilon) = (live.members, live.done, live.maxEpsilon);
        (seen.deadline, seen.sealBlock) = (live.deadline, live.sealBlock);
        if (_CANDIDATES == 0) return seen;
        if (live.phase != Phase.Noise || live.drawn) seen.beacon = _beacon;
        if (live.phase == Phase.Reveal || (live.phase == Phase.Submit && live.drawn)) seen.challenge = _challenge;
    }

    /// @inheritdoc ITrainingLedger
    function beaconOf(uint256 round) public view returns (bytes32) {
        Live storage live = _open(round);
        bool draws = _CANDIDATES != 0 && (live.phase == Phase.Noise || live.phase == Phase.Submit);
        if (!draws) revert NothingToDraw(round);
        if (!live.drawn) return _hashOf(live.sealBlock);
        return live.phase == Phase.Noise ? _beacon : _challenge;
    }

    /// @inheritdoc ITrainingLedger
    /// @dev A remainder by at most 16 favours no candidate by more than 2^-252.
    function candidateOf(address client) external view returns (uint256) {
        uint256 round = _live.round;
        bytes32 challenge = beaconOf(round);
        _expect(round, Phase.Submit);
        return _candidate(challenge, client);
    }

    function _candidate(bytes32 challenge, address client) internal view returns (uint256) {
        // That who makes the block could draw again is said in the interface.
        // slither-disable-next-line weak-prng
        return uint256(keccak256(abi.encode(challenge, client))) % _CANDIDATES;
    }

    function _endJoin() internal {
        _begin(Phase.Submit, _SUBMIT_SECONDS);
    }

    function _endNoise() internal {
        (_live.members, _live.done) = (_live.done, 0);
        _begin(Phase.Submit, _SUBMIT_SECONDS);
    }

    /// @dev 40 bits hold 34,000 years of seconds, and of blocks made in one.
    function _begin(Phase next, uint32 window) internal {
        Live storage live = _live;
        live.phase = next;
        live.deadline = uint40(block.timestamp) + window;
        live.sealBlock = uint40(block.number);
        live.drawn = false;
        emit PhaseStarted(live.round, next, live.deadline);
    }

    /// @dev The hash that this phase stands on, kept now if it was not before.
    function _draw() internal returns (bytes32 hash) {
        Live storage live = _live;
        bool first = live.phase == Phase.Noise;
        if (live.drawn) return first ? _beacon : _challenge;
        hash = _hashOf(live.sealBlock);
        live.drawn = true;
        if (first) _beacon = hash;
        else _challenge = hash;
        emit BeaconDrawn(live.round, live.phase, hash);
    }

    /// @dev Ends the open round.
    function _finish(Phase how) internal {
        Live storage live = _live;
        _past[live.round] = Past(how, live.members, live.phase < Phase.Submit ? 0 : live.done, live.maxEpsilon);
        live.phase = Phase.None;
    }

    function _open(uint256 round) internal view returns (Live storage live) {
        live = _live;
        if (!_isOpen(round)) revert WrongRound(live.phase == Phase.None ? 0 : live.round, round);
    }

    function _expect(uint256 round, Phase wanted) internal view returns (Live storage live) {
        live = _open(round);
        if (live.phase != wanted) revert WrongPhase(uint8(wanted), uint8(live.phase));
    }

    /// @dev A validator can shift the time by seconds; phases are in minutes or more.
    function _expectBy(uint256 deadline) internal view {
        // slither-disable-next-line timestamp
        if (block.timestamp > deadline) revert TooLate(deadline);
    }

    function _expectAfter(uint256 deadline) internal view {
        // slither-disable-next-line timestamp
        if (block.timestamp <= deadline) revert TooEarly(deadline);
    }

    function _isOpen(uint256 round) private view returns (bool) {
        // Rounds are counted, and no comparison of times: slither sees only that the slot holds one.
        // slither-disable-next-line incorrect-equality,timestamp
        return _live.phase != Phase.None && _live.round == round;
    }

    function _abort() private {
        emit RoundAborted(_live.round, _live.phase);
        _finish(Phase.Aborted);
    }

    function _hopeless() private view returns (bool) {
        Live storage live = _live;
        // slither-disable-next-line timestamp
        bool late = block.timestamp > live.deadline;
        if (live.phase == Phase.Join) return late && live.members < _QUORUM;
        bool draws = _CANDIDATES != 0 && live.phase != Phase.Reveal;
        if (draws && !live.drawn && block.number > live.sealBlock + _HASHES) return true;
        // After noise the phase can still be ended by those who committed.
        if (late && live.done < _QUORUM) return true;
        // slither-disable-next-line timestamp
        return live.phase != Phase.Noise && block.timestamp > uint256(live.deadline) + _CLOSE_SECONDS;
    }

    function _hashOf(uint256 sealBlock) private view returns (bytes32 hash) {
        if (block.number <= sealBlock) revert BeaconPending(sealBlock);
        hash = blockhash(sealBlock);
        if (hash == 0) revert BeaconLost(sealBlock);
    }
}
