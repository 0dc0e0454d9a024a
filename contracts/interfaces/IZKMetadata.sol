// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title What a circuit's proofs look like (ERC-8084 draft)
interface IZKMetadata {
    /// @notice A getter gives another value than before.
    event CircuitMetadataUpdated(bytes32 indexed circuitId, uint64 circuitVersion, bytes4 proofSystem);

    /// @notice Content hash of the circuit.
    function circuitId() external view returns (bytes32);

    /// @notice Two numbers of 32 bits, major and minor; it only grows.
    function circuitVersion() external view returns (uint64);

    /// @notice keccak256 of the document that says what each instance means.
    function publicInputsSchemaHash() external view returns (bytes32);

    /// @notice Where that document is; an https address ends in # and its hash.
    function publicInputsSchemaURI() external view returns (string memory);

    /// @notice Where the verifying key is; an https address ends in # and its hash.
    function verificationKeyURI() external view returns (string memory);

    /// @notice 0x0003 is Halo2. Not the id of ERC-7992, which numbers otherwise.
    function proofSystem() external view returns (bytes4);
}
