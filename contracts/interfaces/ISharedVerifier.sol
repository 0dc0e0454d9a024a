// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title What the generated shared verifier can do
/// @dev The generated contract declares a third return value, an array, but does not ABI-encode it: decoding
/// the whole tuple would fail. Only the first two words are named here, and only they are read.
interface ISharedVerifier {
    /// @notice Makes a key usable. Open to anyone, so being registered means nothing about trust.
    function registerVka(bytes32[] calldata vka) external returns (bytes32 vkaDigest);

    /// @notice Returns true and the digest of `vka`, or reverts. `view` makes the call a STATICCALL.
    function verifyProof(bytes calldata proof, uint256[] calldata instances, bytes32[] calldata vka)
        external
        view
        returns (bool ok, bytes32 vkaDigest);
}
