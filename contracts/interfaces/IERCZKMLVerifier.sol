// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title Verifier of registered models' answers (ERC-7992 draft), ERC-165 ids 0x5df65472 and 0x80b171ef
/// @dev The draft does not say whether the two helpers count for the id, so conforming contracts answer to both.
interface IERCZKMLVerifier {
    /// @notice A proof was checked.
    /// @param modelId The model, as it was asked for.
    /// @param inputCommitment Domain-separated hash of what the proof says about its input.
    /// @param output The answer.
    /// @param caller For whom it was checked.
    event InferenceVerified(
        uint256 indexed modelId, bytes32 indexed inputCommitment, bytes output, address indexed caller
    );

    /// @notice The proof does not hold.
    error InvalidProof();

    /// @notice The model's commitment is to no circuit that can be checked here.
    error ModelMismatch();

    /// @notice The proof is about another input.
    error InputCommitmentMismatch();

    /// @notice The proof is about another answer.
    error OutputMismatch();

    /// @notice The model names a proof system that is not checked here.
    error UnsupportedProofSystem(bytes4 proofSystemId);

    /// @notice The model is deprecated.
    error VerificationRefused_ModelDeprecated(uint256 modelId);

    /// @notice Reverts unless `proof` proves that the model answers `output` to the committed input.
    function verifyInference(uint256 modelId, bytes32 inputCommitment, bytes calldata output, bytes calldata proof)
        external;

    /// @notice The proof system of a model.
    function proofSystemOf(uint256 modelId) external view returns (bytes4);

    /// @notice The registry whose models are checked.
    function registry() external view returns (address registryAddress);
}
