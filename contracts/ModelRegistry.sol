// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IModelRegistry} from "./interfaces/IModelRegistry.sol";
import {IModelVerifier} from "./interfaces/IModelVerifier.sol";
import {CodePin} from "./libraries/CodePin.sol";
import {LayoutCheck} from "./libraries/LayoutCheck.sol";

/// @title Immutable model versions, open to anyone
/// @notice An id commits to chain, registry, owner, circuit and adapter, so nobody can take another's id.
contract ModelRegistry is IModelRegistry {
    struct Status {
        address owner;
        bool stopped;
    }

    bytes32 private constant _MODEL_DOMAIN = keccak256("zkchain.model.v1");

    mapping(uint256 modelId => ModelVersion) private _versions;
    mapping(uint256 modelId => Status) private _status;

    /// @inheritdoc IModelRegistry
    function register(ModelVersion calldata version) external returns (uint256 modelId) {
        modelId = modelIdOf(msg.sender, version.circuitDigest, version.adapter);
        if (_status[modelId].owner != address(0)) revert AlreadyRegistered(modelId);
        _checkDigests(version);
        LayoutCheck.check(version.layout);
        if (version.devSrs && block.chainid != 31337 && block.chainid != 1337) revert DevSrsRefused(block.chainid);
        _checkAdapter(version);

        _status[modelId].owner = msg.sender;
        _versions[modelId] = version;
        emit ModelRegistered(modelId, msg.sender, version.circuitDigest, version.name);
    }

    /// @inheritdoc IModelRegistry
    function stop(uint256 modelId) external {
        Status storage status = _known(modelId);
        if (status.owner != msg.sender) revert NotModelOwner(modelId, msg.sender);
        if (status.stopped) revert AlreadyStopped(modelId);
        status.stopped = true;
        emit ModelStopped(modelId);
    }

    /// @inheritdoc IModelRegistry
    function getVersion(uint256 modelId) external view returns (ModelVersion memory version) {
        _known(modelId);
        return _versions[modelId];
    }

    /// @inheritdoc IModelRegistry
    function routeOf(uint256 modelId) external view returns (Route memory route) {
        bool isStopped = _known(modelId).stopped;
        ModelVersion storage version = _versions[modelId];
        return Route(version.adapter, version.adapterCodeHash, version.paramsDigest, version.layout, isStopped);
    }

    /// @inheritdoc IModelRegistry
    function ownerOf(uint256 modelId) external view returns (address owner) {
        return _known(modelId).owner;
    }

    /// @inheritdoc IModelRegistry
    function stopped(uint256 modelId) external view returns (bool) {
        return _known(modelId).stopped;
    }

    /// @inheritdoc IModelRegistry
    function modelIdOf(address owner, bytes32 circuitDigest, address adapter) public view returns (uint256 modelId) {
        bytes memory parts = abi.encode(_MODEL_DOMAIN, block.chainid, address(this), owner, circuitDigest, adapter);
        return uint256(keccak256(parts));
    }

    function _known(uint256 modelId) private view returns (Status storage status) {
        status = _status[modelId];
        if (status.owner == address(0)) revert ModelNotFound(modelId);
    }

    function _checkDigests(ModelVersion calldata version) private pure {
        if (version.circuitDigest == 0) revert ZeroDigest("circuitDigest");
        if (version.modelDigest == 0) revert ZeroDigest("modelDigest");
        if (version.adapterCodeHash == 0) revert ZeroDigest("adapterCodeHash");
        if (version.keyDigest == 0) revert ZeroDigest("keyDigest");
        if ((version.paramsDigest == 0) != (version.layout.paramsCount == 0)) {
            revert ParamsMismatch(version.paramsDigest, version.layout.paramsCount);
        }
    }

    /// @dev The code hash covers the adapter's immutables, so what it says of itself cannot change later.
    function _checkAdapter(ModelVersion calldata version) private view {
        CodePin.check(version.adapter, version.adapterCodeHash);
        bytes32 circuit = IModelVerifier(version.adapter).circuit();
        if (circuit != version.circuitDigest) revert CircuitMismatch(version.circuitDigest, circuit);
        bytes32 key = IModelVerifier(version.adapter).keyDigest();
        if (key != version.keyDigest) revert KeyDigestMismatch(version.keyDigest, key);
    }
}
