// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title Checks proofs of one circuit
/// @notice Reverts or says nothing: there is no return value to forget.
interface IModelVerifier {
    /// @notice The proof does not hold for these instances.
    error ProofRejected();

    /// @notice Digest of the one circuit whose proofs this contract checks.
    function circuit() external view returns (bytes32);

    /// @notice Digest of the verifying key: of the key words for the shared verifier, of the generated
    /// verifier's code otherwise.
    function keyDigest() external view returns (bytes32);

    /// @notice Returns if `proof` proves `instances`, and reverts otherwise.
    /// @param instances Public instances, each below the BN254 scalar field's order.
    /// @param proof The proof's bytes, exactly as long as the circuit demands.
    function verify(uint256[] calldata instances, bytes calldata proof) external view;
}
