// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ITrainingLedger} from "../interfaces/ITrainingLedger.sol";
import {G1} from "../libraries/G1.sol";
import {UpdateBook} from "./UpdateBook.sol";

/// @title From the clients' updates to the next model
/// @notice A commitment is linear but for the blank B in it: C(u) = B + L(u). So with S = sum of w_i u_i,
/// C(S) + (sum of w_i - 1) B = sum of w_i C(u_i), which is how it is checked here: without subtraction.
abstract contract Aggregation is UpdateBook {
    /// @dev One slot, never zero, so that the first round costs no more to close than those after it.
    struct Head {
        uint32 round;
        bool exists;
    }

    Head private _head = Head(0, true);

    /// @inheritdoc ITrainingLedger
    /// @dev The points in the proof: weights, sum, new weights.
    function close(uint256 round, bytes calldata proof, address[] calldata clients, bytes calldata points) external {
        _onlyCoordinator();
        _expectClosable(round);
        uint256 total = _checkClients(round, clients, points);
        _expectPoints(proof, 3 * uint256(_CHUNKS));
        _expectModel(_points(proof, 0));
        for (uint256 chunk = 0; chunk < _CHUNKS; ++chunk) {
            G1.Point memory sum = G1.readChecked(proof, uint256(_CHUNKS) + chunk);
            G1.Point memory left = G1.add(sum, G1.mul(_blank(), total - 1));
            if (!G1.equal(left, _sum(clients, points, chunk))) revert SumMismatch(chunk);
        }
        G1.checkAll(proof, 2 * uint256(_CHUNKS), _CHUNKS);
        _verify(_SERVER_ADAPTER, _SERVER_CODE, new uint256[](0), proof);

        bytes32 next = keccak256(_points(proof, 2 * uint256(_CHUNKS)));
        emit RoundClosed(round, currentModel, next, clients.length, _live.maxEpsilon);
        currentModel = next;
        // It is the open round's number, which has so many bits.
        // forge-lint: disable-next-line(unsafe-typecast)
        _head.round = uint32(round);
        _finish(Phase.Closed);
    }

    /// @inheritdoc ITrainingLedger
    function modelRound() public view returns (uint256) {
        return _head.round;
    }

    /// @dev In a dispute a round can be closed at any time: the commitments say what the sum is.
    function _expectClosable(uint256 round) private view {
        Live storage live = _open(round);
        if (live.phase != Phase.Reveal) {
            _expect(round, Phase.Submit);
            if (live.done < live.members) _expectAfter(live.deadline);
        }
        _expectBy(uint256(live.deadline) + _CLOSE_SECONDS);
        if (live.done < _QUORUM) revert TooFewUpdates(_QUORUM, live.done);
    }

    /// @dev That these are all clients with an update in this round, and these their updates.
    /// @return total The sum of their weights.
    function _checkClients(uint256 round, address[] calldata clients, bytes calldata points)
        private
        view
        returns (uint256 total)
    {
        uint256 size = G1.SIZE * _CHUNKS;
        // No comparison of times: slither sees only that the slot holds one.
        // slither-disable-next-line timestamp
        if (clients.length != _live.done) revert WrongClientCount(_live.done, clients.length);
        _expectLength("points", size * clients.length, points.length);
        address last = address(0);
        for (uint256 i = 0; i < clients.length; ++i) {
            address client = clients[i];
            if (client == last) revert DuplicateClient(client);
            if (client < last) revert ClientsNotAscending(client);
            Client storage one = _clients[client];
            if (one.round != round || one.stage != Stage.Submitted) revert NoUpdate(client);
            if (keccak256(points[i * size:(i + 1) * size]) != one.commitment) revert WrongUpdate(client);
            total += _weight(one);
            last = client;
        }
    }

    function _sum(address[] calldata clients, bytes calldata points, uint256 chunk)
        private
        view
        returns (G1.Point memory sum)
    {
        for (uint256 i = 0; i < clients.length; ++i) {
            G1.Point memory point = G1.read(points, i * _CHUNKS + chunk);
            if (_WEIGHTED) point = G1.mul(point, _weight(_clients[clients[i]]));
            sum = i == 0 ? point : G1.add(sum, point);
        }
    }

    function _weight(Client storage client) private view returns (uint256) {
        return _WEIGHTED ? client.samples : 1;
    }
}
