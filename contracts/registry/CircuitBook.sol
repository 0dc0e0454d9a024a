// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ICircuitBook} from "../interfaces/ICircuitBook.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IModelVerifier} from "../interfaces/IModelVerifier.sol";
import {CodePin} from "../libraries/CodePin.sol";

/// @title Circuits that are no versions, written once, by anyone for itself
/// @notice Kept apart from versions and models: nothing that looks an id up comes here.
abstract contract CircuitBook is ICircuitBook {
    /// @notice Most circuits of one call.
    uint256 public constant MAX_CIRCUITS = 16;

    /// @notice Most bytes of a statement's name.
    uint256 public constant MAX_STATEMENT = 64;

    mapping(address owner => mapping(bytes32 circuitDigest => CircuitEntry)) private _circuits;

    /// @inheritdoc ICircuitBook
    function registerCircuits(Circuit[] calldata circuits) external {
        if (circuits.length == 0 || circuits.length > MAX_CIRCUITS) {
            revert BadCircuitCount(circuits.length, MAX_CIRCUITS);
        }
        for (uint256 i = 0; i < circuits.length; ++i) {
            _register(circuits[i]);
        }
    }

    /// @inheritdoc ICircuitBook
    function circuitOf(address owner, bytes32 circuitDigest) external view returns (CircuitEntry memory entry) {
        // The time stands beside what is compared, and is not.
        // slither-disable-next-line incorrect-equality,timestamp
        if (_circuits[owner][circuitDigest].keyDigest == 0) revert CircuitNotRegistered(owner, circuitDigest);
        return _circuits[owner][circuitDigest];
    }

    function _register(Circuit calldata circuit) private {
        CircuitEntry storage entry = _circuits[msg.sender][circuit.circuitDigest];
        // No entry is without a key's digest.
        if (entry.keyDigest != 0) revert CircuitAlreadyRegistered(msg.sender, circuit.circuitDigest);
        _checkCircuit(circuit);
        entry.statement = circuit.statement;
        (entry.adapter, entry.devSrs, entry.since) = (circuit.adapter, circuit.devSrs, uint64(block.timestamp));
        (entry.adapterCodeHash, entry.keyDigest) = (circuit.adapterCodeHash, circuit.keyDigest);
        emit CircuitRegistered(msg.sender, circuit.circuitDigest, circuit.adapter, circuit.statement);
    }

    function _checkCircuit(Circuit calldata circuit) private view {
        if (circuit.circuitDigest == 0) revert IModelRegistry.ZeroDigest("circuitDigest");
        if (circuit.keyDigest == 0) revert IModelRegistry.ZeroDigest("keyDigest");
        uint256 length = bytes(circuit.statement).length;
        if (length == 0 || length > MAX_STATEMENT) revert BadStatement(length, MAX_STATEMENT);
        if (circuit.devSrs && block.chainid != 31337 && block.chainid != 1337) {
            revert IModelRegistry.DevSrsRefused(block.chainid);
        }
        // A code hash without an adapter is of code that is nowhere.
        if (circuit.adapter != address(0) || circuit.adapterCodeHash != 0) _askAdapter(circuit);
    }

    /// @dev Asked by static calls, so that an adapter can do nothing but answer; the code hash covers its immutables.
    // At most 16 circuits; one whose adapter reverts cannot be registered, which is the caller's own loss.
    // slither-disable-next-line calls-loop
    function _askAdapter(Circuit calldata circuit) private view {
        if (circuit.adapterCodeHash == 0) revert IModelRegistry.ZeroDigest("adapterCodeHash");
        CodePin.check(circuit.adapter, circuit.adapterCodeHash);
        bytes32 found = IModelVerifier(circuit.adapter).circuit();
        if (found != circuit.circuitDigest) revert IModelRegistry.CircuitMismatch(circuit.circuitDigest, found);
        bytes32 key = IModelVerifier(circuit.adapter).keyDigest();
        if (key != circuit.keyDigest) revert IModelRegistry.KeyDigestMismatch(circuit.keyDigest, key);
    }
}
