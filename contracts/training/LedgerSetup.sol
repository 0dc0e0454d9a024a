// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ITrainingLedger} from "../interfaces/ITrainingLedger.sol";
import {IModelVerifier} from "../interfaces/IModelVerifier.sol";
import {CodePin} from "../libraries/CodePin.sol";
import {G1} from "../libraries/G1.sol";

/// @title What stays as it is for a ledger's life
abstract contract LedgerSetup is ITrainingLedger {
    uint256 private constant _MIN_CANDIDATES = 2;
    uint256 private constant _MAX_CANDIDATES = 16;

    address internal immutable _COORDINATOR;
    address internal immutable _REGISTRY;
    address internal immutable _CLIENT_ADAPTER;
    bytes32 internal immutable _CLIENT_CODE;
    address internal immutable _SERVER_ADAPTER;
    bytes32 internal immutable _SERVER_CODE;
    address internal immutable _WEIGHTS_ADAPTER;
    bytes32 internal immutable _WEIGHTS_CODE;
    uint8 internal immutable _CHUNKS;
    uint256 private immutable _BLANK_X;
    uint256 private immutable _BLANK_Y;
    bytes32 private immutable _GENESIS;
    uint8 internal immutable _CANDIDATES;
    uint16 internal immutable _QUORUM;
    bool internal immutable _WEIGHTED;
    uint32 internal immutable _JOIN_SECONDS;
    uint32 internal immutable _NOISE_SECONDS;
    uint32 internal immutable _SUBMIT_SECONDS;
    uint32 internal immutable _CLOSE_SECONDS;
    bytes32 internal immutable _BASIS_HASH;
    bool private immutable _DEV_SRS;

    uint256 internal immutable _SCHEDULE_LENGTH;

    /// @dev Four epsilons in billionths to a word. An array would have its length read again in every round.
    mapping(uint256 word => uint256) private _schedule;

    constructor(Setup memory given) {
        if (given.coordinator == address(0)) revert NoCoordinator();
        if (given.registry.code.length == 0) revert CodePin.NoCode(given.registry);
        if (given.chunks == 0) revert NoChunks();
        if (given.genesis == 0) revert NoGenesis();
        if (given.quorum == 0) revert NoQuorum();
        if (given.devSrs && block.chainid != 31337 && block.chainid != 1337) revert DevSrsRefused(block.chainid);
        CodePin.check(given.client.adapter, given.client.codeHash);
        CodePin.check(given.server.adapter, given.server.codeHash);
        CodePin.check(given.weights.adapter, given.weights.codeHash);
        G1.check(given.blank);
        _checkNoise(given.candidates, given.schedule);
        _checkWindows(given);

        _COORDINATOR = given.coordinator;
        _REGISTRY = given.registry;
        (_CLIENT_ADAPTER, _CLIENT_CODE) = (given.client.adapter, given.client.codeHash);
        (_SERVER_ADAPTER, _SERVER_CODE) = (given.server.adapter, given.server.codeHash);
        (_WEIGHTS_ADAPTER, _WEIGHTS_CODE) = (given.weights.adapter, given.weights.codeHash);
        _CHUNKS = given.chunks;
        (_BLANK_X, _BLANK_Y) = (given.blank.x, given.blank.y);
        _GENESIS = given.genesis;
        _SCHEDULE_LENGTH = given.schedule.length;
        for (uint256 i = 0; i < given.schedule.length; ++i) {
            _schedule[i / 4] |= uint256(given.schedule[i]) << (64 * (i % 4));
        }
        _CANDIDATES = given.candidates;
        _QUORUM = given.quorum;
        _WEIGHTED = given.weighted;
        (_JOIN_SECONDS, _NOISE_SECONDS) = (given.joinSeconds, given.noiseSeconds);
        (_SUBMIT_SECONDS, _CLOSE_SECONDS) = (given.submitSeconds, given.closeSeconds);
        _BASIS_HASH = given.basisHash;
        _DEV_SRS = given.devSrs;
    }

    /// @inheritdoc ITrainingLedger
    function setup() external view returns (Setup memory kept) {
        kept.coordinator = _COORDINATOR;
        kept.registry = _REGISTRY;
        kept.client = Circuit(_CLIENT_ADAPTER, _CLIENT_CODE);
        kept.server = Circuit(_SERVER_ADAPTER, _SERVER_CODE);
        kept.weights = Circuit(_WEIGHTS_ADAPTER, _WEIGHTS_CODE);
        kept.chunks = _CHUNKS;
        kept.blank = _blank();
        kept.genesis = _GENESIS;
        kept.schedule = new uint64[](_SCHEDULE_LENGTH);
        for (uint256 i = 0; i < _SCHEDULE_LENGTH; ++i) {
            kept.schedule[i] = _scheduled(i);
        }
        kept.candidates = _CANDIDATES;
        kept.quorum = _QUORUM;
        kept.weighted = _WEIGHTED;
        kept.joinSeconds = _JOIN_SECONDS;
        kept.noiseSeconds = _NOISE_SECONDS;
        kept.submitSeconds = _SUBMIT_SECONDS;
        kept.closeSeconds = _CLOSE_SECONDS;
        kept.basisHash = _BASIS_HASH;
        kept.devSrs = _DEV_SRS;
    }

    function _blank() internal view returns (G1.Point memory) {
        return G1.Point(_BLANK_X, _BLANK_Y);
    }

    /// @dev Epsilon after a batch took part `index` + 1 times, for an index within the schedule.
    function _scheduled(uint256 index) internal view returns (uint64) {
        // The word's lowest 64 bits are the one that is asked for.
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint64(_schedule[index / 4] >> (64 * (index % 4)));
    }

    function _onlyCoordinator() internal view {
        if (msg.sender != _COORDINATOR) revert NotCoordinator(msg.sender);
    }

    /// @dev Whatever an adapter or what is behind it says, there is one error for it: other contracts' words are not
    /// passed on as the ledger's.
    function _verify(address adapter, bytes32 codeHash, uint256[] memory instances, bytes calldata proof)
        internal
        view
    {
        CodePin.check(adapter, codeHash);
        try IModelVerifier(adapter).verify(instances, proof) {}
        catch {
            revert InvalidProof();
        }
    }

    function _checkNoise(uint256 candidates, uint64[] memory schedule) private pure {
        if (candidates != 0 && (candidates < _MIN_CANDIDATES || candidates > _MAX_CANDIDATES)) {
            revert BadCandidates(candidates);
        }
        if ((candidates == 0) != (schedule.length == 0)) revert ScheduleMismatch(candidates, schedule.length);
        uint64 last = 0;
        for (uint256 i = 0; i < schedule.length; ++i) {
            if (schedule[i] <= last) revert ScheduleNotIncreasing(i);
            last = schedule[i];
        }
    }

    function _checkWindows(Setup memory given) private pure {
        if (given.candidates == 0 && given.joinSeconds == 0) revert EmptyWindow("join");
        if (given.candidates != 0 && given.noiseSeconds == 0) revert EmptyWindow("noise");
        if (given.submitSeconds == 0) revert EmptyWindow("submit");
        if (given.closeSeconds == 0) revert EmptyWindow("close");
    }
}
