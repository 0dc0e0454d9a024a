// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {ZKMLErrors} from "../libraries/ZKMLErrors.sol";

/// @title Who may do what with an id
/// @notice An owner hands over in two steps. A guardian can stop, and nothing else; stopping is for ever.
abstract contract ModelOwnership is IModelRegistry {
    struct Status {
        address owner;
        bool stopped;
        uint8 rangeCount; // kept here because a proof's way reads this slot anyway
    }

    mapping(uint256 modelId => Status) internal _status;

    /// @inheritdoc IModelRegistry
    mapping(uint256 modelId => address) public guardianOf;

    /// @inheritdoc IModelRegistry
    mapping(uint256 modelId => address) public pendingOwnerOf;

    /// @inheritdoc IModelRegistry
    function stop(uint256 modelId) external {
        address owner = _known(modelId).owner;
        if (msg.sender != owner && msg.sender != guardianOf[modelId]) revert NotGuardian(modelId, msg.sender);
        _stop(modelId);
    }

    /// @notice Deprecates the model or stops the version, for ever. Only its owner may.
    function deprecateModel(uint256 modelId) external {
        _onlyOwner(modelId);
        _stop(modelId);
    }

    /// @inheritdoc IModelRegistry
    function setGuardian(uint256 modelId, address guardian) external {
        _onlyOwner(modelId);
        guardianOf[modelId] = guardian;
        emit GuardianSet(modelId, guardian);
    }

    /// @inheritdoc IModelRegistry
    function transferOwnership(uint256 modelId, address newOwner) external {
        _onlyOwner(modelId);
        pendingOwnerOf[modelId] = newOwner;
        emit OwnershipOffered(modelId, msg.sender, newOwner);
    }

    /// @inheritdoc IModelRegistry
    function acceptOwnership(uint256 modelId) external {
        Status storage status = _known(modelId);
        if (pendingOwnerOf[modelId] != msg.sender) revert NotOffered(modelId, msg.sender);
        delete pendingOwnerOf[modelId];
        emit OwnershipTransferred(modelId, status.owner, msg.sender);
        status.owner = msg.sender;
    }

    /// @inheritdoc IModelRegistry
    function ownerOf(uint256 modelId) external view returns (address owner) {
        return _known(modelId).owner;
    }

    /// @inheritdoc IModelRegistry
    function stopped(uint256 modelId) external view returns (bool) {
        return _known(modelId).stopped;
    }

    function _stop(uint256 modelId) private {
        if (_status[modelId].stopped) revert ZKMLErrors.ModelDeprecated(modelId);
        _status[modelId].stopped = true;
        emit ModelDeprecated(modelId);
    }

    function _onlyOwner(uint256 modelId) internal view {
        if (_known(modelId).owner != msg.sender) revert NotModelOwner(modelId, msg.sender);
    }

    function _known(uint256 modelId) internal view returns (Status storage status) {
        status = _status[modelId];
        if (status.owner == address(0)) revert ModelNotFound(modelId);
    }
}
