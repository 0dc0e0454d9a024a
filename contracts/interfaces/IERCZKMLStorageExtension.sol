// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title Verified answers, kept (ERC-7992 draft), ERC-165 id 0x29c6ba89
interface IERCZKMLStorageExtension {
    /// @notice An answer is kept.
    event InferenceStored(bytes32 indexed inferenceId);

    /// @notice Like `verifyInference`, and keeps the answer.
    /// @return inferenceId keccak256 of modelId, inputCommitment and output, packed.
    function verifyAndStoreInference(
        uint256 modelId,
        bytes32 inputCommitment,
        bytes calldata output,
        bytes calldata proof
    ) external returns (bytes32 inferenceId);

    /// @notice A kept answer. Reverts if there is none.
    function getInference(bytes32 inferenceId)
        external
        view
        returns (uint256 modelId, bytes32 inputCommitment, bytes memory output);
}
