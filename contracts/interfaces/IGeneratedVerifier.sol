// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title What a generated per-model verifier can do
/// @dev The generated contract declares this function without `view`; it writes no storage, and naming it
/// `view` here makes the compiler use STATICCALL, which enforces that.
interface IGeneratedVerifier {
    /// @notice Returns true, or reverts without data.
    function verifyProof(bytes calldata proof, uint256[] calldata instances) external view returns (bool ok);
}
