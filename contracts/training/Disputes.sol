// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ITrainingLedger} from "../interfaces/ITrainingLedger.sol";
import {Bn254} from "../libraries/Bn254.sol";
import {G1} from "../libraries/G1.sol";
import {Aggregation} from "./Aggregation.sol";

/// @title Who gave another update to the sum than it proved
/// @notice Opening all updates of the round shows their true sum, and who will not open its own. Their owners lose the
/// privacy of these updates: what still hides the data is each one's own noise.
abstract contract Disputes is Aggregation {
    /// @inheritdoc ITrainingLedger
    function dispute(uint256 round) external {
        _onlyCoordinator();
        Live storage live = _expect(round, Phase.Submit);
        if (_BASIS_HASH == 0) revert RevealNotSupported();
        if (live.done < live.members) _expectAfter(live.deadline);
        _expectBy(uint256(live.deadline) + _CLOSE_SECONDS);
        if (live.done < _QUORUM) revert TooFewUpdates(_QUORUM, live.done);
        _begin(Phase.Reveal, _SUBMIT_SECONDS);
    }

    /// @inheritdoc ITrainingLedger
    /// @dev Also for a client that was expelled after it submitted. Each value costs about 10,000 gas, and a zero 2,000.
    function reveal(uint256 round, bytes calldata points, uint256[] calldata scalars, bytes calldata basis) external {
        Live storage live = _expect(round, Phase.Reveal);
        _expectBy(live.deadline);
        Client storage client = _clients[msg.sender];
        if (client.round != round || client.stage != Stage.Submitted) revert NoUpdate(msg.sender);
        uint8 chunk = client.revealed;
        if (chunk == _CHUNKS) revert AlreadyRevealed(msg.sender);
        if (keccak256(points) != client.commitment) revert WrongUpdate(msg.sender);
        bytes32 found = keccak256(basis);
        if (found != _BASIS_HASH) revert WrongBasis(_BASIS_HASH, found);
        _expectLength("basis", scalars.length * G1.SIZE, basis.length);
        if (!G1.equal(_commit(scalars, basis), G1.read(points, chunk))) revert WrongOpening(msg.sender, chunk);
        client.revealed = chunk + 1;
        emit UpdateRevealed(round, msg.sender, chunk, scalars);
    }

    /// @inheritdoc ITrainingLedger
    function strike(uint256 round, address client) external {
        Live storage live = _expect(round, Phase.Reveal);
        _expectAfter(live.deadline);
        Client storage one = _clients[client];
        if (one.round != round || one.stage != Stage.Submitted) revert NoUpdate(client);
        if (one.revealed == _CHUNKS) revert AlreadyRevealed(client);
        one.stage = Stage.Struck;
        live.done -= 1;
        emit ClientStruck(round, client);
        if (one.enrolled) _expel(client);
    }

    function _commit(uint256[] calldata scalars, bytes calldata basis) private view returns (G1.Point memory sum) {
        sum = _blank();
        for (uint256 i = 0; i < scalars.length; ++i) {
            if (scalars[i] >= Bn254.R) revert Bn254.NotInField(scalars[i]);
            if (scalars[i] != 0) sum = G1.add(sum, G1.mul(G1.read(basis, i), scalars[i]));
        }
    }
}
