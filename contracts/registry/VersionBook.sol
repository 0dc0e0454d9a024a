// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IModelVerifier} from "../interfaces/IModelVerifier.sol";
import {CodePin} from "../libraries/CodePin.sol";
import {LayoutCheck} from "../libraries/LayoutCheck.sol";
import {ModelOwnership} from "./ModelOwnership.sol";

/// @title Versions: written once, open to anyone
/// @notice An id commits to chain, registry, owner, circuit and adapter, so nobody can take another's id.
abstract contract VersionBook is ModelOwnership {
    /// @notice The proof system of every version, by its ERC-7992 id: "halo2-kzg-bn254-v1".
    bytes4 public constant PROOF_SYSTEM_ID = bytes4(keccak256("halo2-kzg-bn254-v1"));

    /// @notice The same by its ERC-8084 number.
    bytes4 public constant METADATA_PROOF_SYSTEM = bytes4(uint32(3));

    /// @notice Most ranges that a version may have.
    uint256 public constant MAX_RANGES = 16;

    bytes32 private constant _MODEL_DOMAIN = keccak256("zkchain.model.v1");

    mapping(uint256 modelId => ModelVersion) internal _versions;
    mapping(uint256 modelId => Range[]) private _ranges;
    mapping(uint256 modelId => Metadata) private _metadata;
    mapping(bytes32 commitmentKey => uint256 modelId) private _byCommitment;

    /// @inheritdoc IModelRegistry
    function register(ModelVersion calldata version, Range[] calldata ranges) external returns (uint256 modelId) {
        modelId = modelIdOf(msg.sender, version.circuitDigest, version.adapter);
        if (_status[modelId].owner != address(0)) revert AlreadyRegistered(modelId);
        _checkDigests(version);
        LayoutCheck.check(version.layout);
        _checkRanges(ranges, version.layout.instanceCount);
        if (version.devSrs && block.chainid != 31337 && block.chainid != 1337) revert DevSrsRefused(block.chainid);
        _checkAdapter(version);

        // At most 16, as was just checked.
        // forge-lint: disable-next-line(unsafe-typecast)
        _status[modelId] = Status(msg.sender, false, uint8(ranges.length));
        _versions[modelId] = version;
        for (uint256 i = 0; i < ranges.length; ++i) {
            _ranges[modelId].push(ranges[i]);
        }
        ModelCommitment memory commitment = _commitmentOf(modelId);
        _byCommitment[_commitmentKey(msg.sender, commitment)] = modelId;
        emit VersionRegistered(modelId, msg.sender, version.circuitDigest, version.name);
        emit ModelRegistered(modelId, msg.sender, commitment);
    }

    /// @inheritdoc IModelRegistry
    function setMetadata(uint256 modelId, Metadata calldata metadata) external {
        _onlyVersion(modelId);
        _onlyOwner(modelId);
        uint64 current = _metadata[modelId].circuitVersion;
        if (metadata.circuitVersion <= current) revert CircuitVersionNotNewer(current, metadata.circuitVersion);
        if (metadata.publicInputsSchemaHash == 0) revert ZeroDigest("publicInputsSchemaHash");
        _metadata[modelId] = metadata;
        emit CircuitMetadataUpdated(_versions[modelId].circuitDigest, metadata.circuitVersion, METADATA_PROOF_SYSTEM);
    }

    /// @inheritdoc IModelRegistry
    function getVersion(uint256 modelId) external view returns (ModelVersion memory version) {
        _onlyVersion(modelId);
        return _versions[modelId];
    }

    /// @inheritdoc IModelRegistry
    function rangesOf(uint256 modelId) external view returns (Range[] memory ranges) {
        _onlyVersion(modelId);
        return _ranges[modelId];
    }

    /// @inheritdoc IModelRegistry
    function metadataOf(uint256 modelId) external view returns (Metadata memory metadata) {
        _onlyVersion(modelId);
        return _metadata[modelId];
    }

    /// @inheritdoc IModelRegistry
    function routeOf(uint256 modelId) external view returns (Route memory route) {
        Status storage status = _known(modelId);
        ModelVersion storage version = _versions[modelId];
        (route.adapter, route.adapterCodeHash) = (version.adapter, version.adapterCodeHash);
        if (route.adapter == address(0)) revert NotAVersion(modelId);
        (route.paramsDigest, route.layout, route.stopped) = (version.paramsDigest, version.layout, status.stopped);
        // The array's own length would cost another slot to read; most versions have none.
        if (status.rangeCount != 0) route.ranges = _ranges[modelId];
    }

    /// @inheritdoc IModelRegistry
    function modelIdOf(address owner, bytes32 circuitDigest, address adapter) public view returns (uint256 modelId) {
        bytes memory parts = abi.encode(_MODEL_DOMAIN, block.chainid, address(this), owner, circuitDigest, adapter);
        return uint256(keccak256(parts));
    }

    function _isVersion(uint256 modelId) internal view returns (bool) {
        return _versions[modelId].adapter != address(0);
    }

    /// @dev What a version is to ERC-7992.
    function _commitmentOf(uint256 modelId) internal view returns (ModelCommitment memory) {
        ModelVersion storage version = _versions[modelId];
        return ModelCommitment(version.modelDigest, version.circuitDigest, version.keyDigest, PROOF_SYSTEM_ID, "");
    }

    /// @dev The version that `owner` registered last under these hashes; zero for none. Versions of others do not
    /// count: anyone can register an adapter that says it has this circuit and this key.
    function _versionFor(address owner, ModelCommitment memory commitment) internal view returns (uint256) {
        return _byCommitment[_commitmentKey(owner, commitment)];
    }

    function _commitmentKey(address owner, ModelCommitment memory c) private pure returns (bytes32) {
        return keccak256(abi.encode(owner, c.modelHash, c.circuitHash, c.vkHash, c.proofSystemId));
    }

    function _onlyVersion(uint256 modelId) private view {
        _known(modelId);
        if (!_isVersion(modelId)) revert NotAVersion(modelId);
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

    function _checkRanges(Range[] calldata ranges, uint256 instanceCount) private pure {
        if (ranges.length > MAX_RANGES) revert TooManyRanges(ranges.length, MAX_RANGES);
        for (uint256 i = 0; i < ranges.length; ++i) {
            uint256 end = uint256(ranges[i].start) + ranges[i].count;
            if (ranges[i].count == 0 || end > instanceCount || ranges[i].low > ranges[i].high) revert BadRange(i);
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
