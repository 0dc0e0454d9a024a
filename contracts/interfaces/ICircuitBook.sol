// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title Circuits by digest, for proofs that are no model's answers
/// @notice An entry says which contract checks a circuit's proofs, if any does, and what its owner calls that which
/// they prove. It is no version: it has no layout and no model, and no gateway takes a proof for it. What an entry says
/// is its owner's word, but for the adapter, which is asked. An entry is never changed, moved to another owner or
/// taken back; another owner's entry for the same circuit is an entry of its own.
interface ICircuitBook {
    /// @notice What an entry is made of.
    struct Circuit {
        bytes32 circuitDigest;
        string statement;
        address adapter; // zero: proofs are checked off the chain
        bytes32 adapterCodeHash; // zero without an adapter
        bytes32 keyDigest; // as the adapter tells it; without one, of the verifying key as the circuit's makers keep it
        bool devSrs; // the maker of the reference string can forge proofs
    }

    /// @notice What is kept of it.
    struct CircuitEntry {
        string statement;
        address adapter;
        bool devSrs;
        uint64 since; // Unix seconds
        bytes32 adapterCodeHash;
        bytes32 keyDigest;
    }

    /// @notice `owner` stands by an entry for this circuit. `adapter` is zero where proofs are checked off the chain.
    event CircuitRegistered(
        address indexed owner, bytes32 indexed circuitDigest, address indexed adapter, string statement
    );

    /// @notice The owner has an entry for this circuit, which stays as it is.
    error CircuitAlreadyRegistered(address owner, bytes32 circuitDigest);

    /// @notice The owner has no entry for this circuit.
    error CircuitNotRegistered(address owner, bytes32 circuitDigest);

    /// @notice No circuit, or more than one call may register.
    error BadCircuitCount(uint256 count, uint256 allowed);

    /// @notice A statement's name has no bytes, or too many.
    error BadStatement(uint256 length, uint256 allowed);

    /// @notice Adds the caller's entries for these circuits, all or none.
    function registerCircuits(Circuit[] calldata circuits) external;

    /// @notice What `owner` says of a circuit. Reverts where it says nothing: zeros would read as an entry whose proofs
    /// are checked off the chain.
    function circuitOf(address owner, bytes32 circuitDigest) external view returns (CircuitEntry memory entry);
}
