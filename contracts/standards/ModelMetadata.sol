// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IZKMetadata} from "../interfaces/IZKMetadata.sol";

/// @title One model version's metadata where ERC-8084 looks for it
/// @notice Reads the registry, which emits `CircuitMetadataUpdated`: this contract keeps nothing of its own.
contract ModelMetadata is IZKMetadata {
    /// @notice The registry that is read.
    IModelRegistry public immutable registry;

    /// @notice The version that is described.
    uint256 public immutable modelId;

    /// @inheritdoc IZKMetadata
    bytes32 public immutable circuitId;

    /// @inheritdoc IZKMetadata
    bytes4 public constant proofSystem = bytes4(uint32(3));

    /// @param registry_ The registry that is read.
    /// @param modelId_ The version that is described; reverts if there is none.
    constructor(IModelRegistry registry_, uint256 modelId_) {
        (registry, modelId) = (registry_, modelId_);
        circuitId = registry_.getVersion(modelId_).circuitDigest;
    }

    /// @inheritdoc IZKMetadata
    function circuitVersion() external view returns (uint64) {
        return registry.metadataOf(modelId).circuitVersion;
    }

    /// @inheritdoc IZKMetadata
    function publicInputsSchemaHash() external view returns (bytes32) {
        return registry.metadataOf(modelId).publicInputsSchemaHash;
    }

    /// @inheritdoc IZKMetadata
    function publicInputsSchemaURI() external view returns (string memory) {
        return registry.metadataOf(modelId).publicInputsSchemaURI;
    }

    /// @inheritdoc IZKMetadata
    function verificationKeyURI() external view returns (string memory) {
        return registry.metadataOf(modelId).verificationKeyURI;
    }
}
