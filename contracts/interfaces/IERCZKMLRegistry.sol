// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title Registry of verifiable models (ERC-7992 draft), ERC-165 id 0xd28519b1
/// @dev The draft's error `ModelDeprecated` is in ZKMLErrors.
interface IERCZKMLRegistry {
    /// @notice What a model's owner commits to.
    struct ModelCommitment {
        bytes32 modelHash;
        bytes32 circuitHash;
        bytes32 vkHash;
        bytes4 proofSystemId; // first bytes of the keccak256 of a lowercase, hyphenated name with its version
        string uri;
    }

    /// @notice A new id exists.
    event ModelRegistered(uint256 indexed modelId, address indexed owner, ModelCommitment commitment);

    /// @notice The owner asked for another commitment.
    event ModelUpdated(uint256 indexed modelId, ModelCommitment oldCommitment, ModelCommitment newCommitment);

    /// @notice No proof of this model is accepted any more.
    event ModelDeprecated(uint256 indexed modelId);

    /// @notice No such id.
    error ModelNotFound(uint256 modelId);

    /// @notice `caller` does not own the model.
    error NotModelOwner(uint256 modelId, address caller);

    /// @notice Registers a commitment for the caller.
    /// @return modelId An id that nobody had before.
    function registerModel(ModelCommitment calldata commitment) external returns (uint256 modelId);

    /// @notice Replaces the commitment. Only the owner may.
    function updateModel(uint256 modelId, ModelCommitment calldata newCommitment) external;

    /// @notice Deprecates the model for ever. Only the owner may.
    function deprecateModel(uint256 modelId) external;

    /// @notice The commitment in force, whether the model is deprecated, and its owner.
    function getModel(uint256 modelId)
        external
        view
        returns (ModelCommitment memory commitment, bool deprecated, address owner);
}
