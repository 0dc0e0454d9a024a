// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {TrainingLedger} from "../../../../contracts/training/TrainingLedger.sol";

/// @dev A ledger that can be put into any state, also into those that no test takes the time to reach.
contract SymbolicLedger is TrainingLedger {
    constructor(Setup memory given) TrainingLedger(given) {}

    /// @dev The open round is in this phase, all its members have done what it asks, and what it draws was drawn.
    function putPhase(Phase phase_, uint16 members) external {
        (_live.phase, _live.drawn) = (phase_, true);
        (_live.ready, _live.members, _live.done) = (members, members, members);
    }

    function putStage(address client, uint32 round, Stage stage) external {
        (_clients[client].round, _clients[client].stage) = (round, stage);
    }

    function putHashes(address client, bytes32 secretsHash, bytes32 commitment) external {
        (_clients[client].secretsHash, _clients[client].commitment) = (secretsHash, commitment);
    }

    function putData(address client, bytes32 root, uint32 participations) external {
        (_clients[client].root, _clients[client].participations) = (root, participations);
    }

    function putRevealed(address client, uint8 revealed) external {
        _clients[client].revealed = revealed;
    }

    /// @dev What epsilon follows from, together with the schedule.
    function usedOf(address client) external view returns (uint32 batches, uint32 participations) {
        return (_clients[client].batches, _clients[client].participations);
    }
}
