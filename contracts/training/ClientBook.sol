// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ITrainingLedger} from "../interfaces/ITrainingLedger.sol";
import {RoundClock} from "./RoundClock.sol";

/// @title Who takes part, with what data, and what that data has spent
/// @notice Batches are used in turn, so how often each took part follows from how many updates were accepted; the most
/// used batch says what its owner has spent. A row of data has to lie in one batch of one client for that to hold.
abstract contract ClientBook is RoundClock {
    struct Client {
        bool enrolled;
        Stage stage; // in `round`
        uint8 revealed;
        uint32 round;
        uint32 batches;
        uint32 samples;
        uint32 participations;
        uint32 allowed; // proofs on each batch: what salt, schedule and cap all allow
        uint64 epsilonCap;
        bytes32 root;
        bytes32 secretsHash; // of its next noise; without noise, of the update that it joined with
        bytes32 commitment; // in the last round: to the candidates of its noise, and then to its update
        uint32 uses;
    }

    mapping(address client => Client) internal _clients;
    mapping(bytes32 root => bool) private _taken;

    /// @inheritdoc ITrainingLedger
    function enroll(address client) external {
        _onlyCoordinator();
        if (client == address(0)) revert ZeroClient();
        Client storage one = _clients[client];
        if (one.enrolled) revert AlreadyEnrolled(client);
        one.enrolled = true;
        if (_able(one)) _live.ready += 1;
        _keepOutOfNoise(one);
        emit ClientEnrolled(client);
    }

    /// @inheritdoc ITrainingLedger
    function expel(address client) external {
        _onlyCoordinator();
        if (!_clients[client].enrolled) revert NotEnrolled(client);
        _expel(client);
    }

    /// @inheritdoc ITrainingLedger
    function registerData(
        bytes32 root,
        uint32 batches,
        uint32 samples,
        uint32 uses,
        uint64 epsilonCap,
        bytes32 secretsHash
    ) external {
        Client storage client = _enrolled(msg.sender);
        if (client.batches != 0) revert DataAlreadyRegistered(msg.sender);
        if (root == 0) revert ZeroField("root");
        if (batches == 0) revert ZeroField("batches");
        if (samples == 0) revert ZeroField("samples");
        if (uses == 0) revert ZeroField("uses");
        if ((secretsHash == 0) != (_CANDIDATES == 0)) revert SecretsUnfit(_CANDIDATES, secretsHash);
        if (_taken[root]) revert RootTaken(root);
        _taken[root] = true;
        (client.root, client.batches, client.samples) = (root, batches, samples);
        (client.uses, client.epsilonCap) = (uses, epsilonCap);
        client.allowed = _allowed(uses, epsilonCap);
        // Written here, once, so that the first round costs a client no more gas than those after it.
        client.commitment = root;
        client.secretsHash = _CANDIDATES == 0 ? root : secretsHash;
        _live.ready += 1;
        _keepOutOfNoise(client);
        emit DataRegistered(msg.sender, root, batches, samples, uses, epsilonCap);
    }

    /// @inheritdoc ITrainingLedger
    function clientOf(address client) external view returns (ClientView memory seen) {
        Client storage one = _clients[client];
        (seen.enrolled, seen.root, seen.batches) = (one.enrolled, one.root, one.batches);
        (seen.samples, seen.uses, seen.epsilonCap) = (one.samples, one.uses, one.epsilonCap);
        seen.participations = one.participations;
        uint256 limit = uint256(one.batches) * one.allowed;
        // One of the two, so either way it fits.
        // forge-lint: disable-next-line(unsafe-typecast)
        seen.limit = limit > type(uint32).max ? type(uint32).max : uint32(limit);
        seen.epsilon = epsilonOf(client);
        (seen.round, seen.stage, seen.revealed) = (one.round, one.stage, one.revealed);
        if (_CANDIDATES != 0 || one.stage != Stage.None) seen.secretsHash = one.secretsHash;
        if (one.stage >= Stage.Committed) seen.commitment = one.commitment;
    }

    /// @inheritdoc ITrainingLedger
    function epsilonOf(address client) public view returns (uint64) {
        Client storage one = _clients[client];
        if (_CANDIDATES == 0 || one.participations == 0) return 0;
        return _scheduled((one.participations - 1) / one.batches);
    }

    /// @inheritdoc ITrainingLedger
    function nextBatchOf(address client) external view returns (uint256) {
        Client storage one = _clients[client];
        if (one.batches == 0) revert NoData(client);
        return one.participations % one.batches;
    }

    function _enrolled(address client) internal view returns (Client storage one) {
        one = _clients[client];
        if (!one.enrolled) revert NotEnrolled(client);
    }

    /// @dev Whether a client's data bears a further proof.
    function _able(Client storage client) internal view returns (bool) {
        return client.batches != 0 && client.participations / client.batches < client.allowed;
    }

    /// @dev Reverts, with the reason, if a client's data does not bear a further proof.
    function _expectAble(address client) internal view {
        Client storage one = _clients[client];
        if (one.batches == 0) revert NoData(client);
        if (_able(one)) return;
        uint256 used = one.participations / one.batches;
        if (used >= one.uses) revert BatchWornOut(client, one.participations % one.batches, used);
        if (used >= _SCHEDULE_LENGTH) revert ScheduleEnded(client, used);
        revert EpsilonExceeded(client, _scheduled(used), one.epsilonCap);
    }

    /// @dev One that is in a round that others can still come into is taken out of it, and nobody waits for one that
    /// could have come; later it counts on, and the phase ends by its deadline.
    function _expel(address client) internal {
        Client storage one = _clients[client];
        one.enrolled = false;
        if (_able(one)) _live.ready -= 1;
        if (_live.phase == Phase.Join || _live.phase == Phase.Noise) _takeOut(one);
        emit ClientExpelled(client);
    }

    // Rounds and phases, no times: slither sees only that they share a slot with one.
    // slither-disable-start incorrect-equality,timestamp

    function _takeOut(Client storage client) private {
        if (client.round == _live.round && client.stage != Stage.None) {
            client.stage = Stage.None;
            _live.members -= 1;
            if (_live.phase == Phase.Noise) _live.done -= 1;
        } else if (_live.phase == Phase.Noise && client.round != _live.round && _able(client)) {
            _live.members -= 1;
        }
    }

    /// @dev Who comes while the beacon is known could have chosen its secrets by it, so it waits for the next round.
    function _keepOutOfNoise(Client storage client) private {
        if (_live.phase == Phase.Noise) (client.round, client.stage) = (_live.round, Stage.None);
    }

    // slither-disable-end incorrect-equality,timestamp

    /// @dev How many proofs on each batch its salt, the schedule and the cap all allow: at least one.
    function _allowed(uint32 uses, uint64 cap) private view returns (uint32) {
        if (_CANDIDATES == 0) {
            if (cap != 0) revert EpsilonCapUnfit(cap, 0);
            return uses;
        }
        if (cap < _scheduled(0)) revert EpsilonCapUnfit(cap, _scheduled(0));
        // The schedule grows: all below `low` is within the cap, all from `high` on is above it or too late.
        (uint256 low, uint256 high) = (1, _SCHEDULE_LENGTH);
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (_scheduled(middle) <= cap) low = middle + 1;
            else high = middle;
        }
        // At most `uses`.
        // forge-lint: disable-next-line(unsafe-typecast)
        return low < uses ? uint32(low) : uses;
    }
}
