// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title Verifier of one proof system's inference proofs (ERC-8274 draft), ERC-165 id 0x86761e49
interface IProofVerifier {
    /// @notice Whether the proof shows that the input of this hash gives the output of that hash.
    function verify(bytes32 inputHash, bytes32 outputHash, bytes calldata metadata, bytes calldata proof)
        external
        returns (bool);

    /// @notice The proof system's name.
    function proofSystem() external view returns (string memory);

    /// @notice What besides the proof system has to agree; says nothing about trust.
    function proofProfile() external view returns (bytes32);
}
