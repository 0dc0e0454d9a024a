// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {ICircuitBook} from "./interfaces/ICircuitBook.sol";
import {IERCZKMLRegistry} from "./interfaces/IERCZKMLRegistry.sol";
import {IModelRegistry} from "./interfaces/IModelRegistry.sol";
import {ZKMLErrors} from "./libraries/ZKMLErrors.sol";
import {CircuitBook} from "./registry/CircuitBook.sol";
import {VersionBook} from "./registry/VersionBook.sol";

/// @title Models whose default version their owner can change, with notice (ERC-7992)
/// @notice A model's id can be re-versioned; a version's cannot. Proofs are bound to versions, so a change of default
/// voids no proof and makes none valid elsewhere. Circuits that answer for no model have a book of their own.
contract ModelRegistry is VersionBook, CircuitBook, IERC165 {
    struct Model {
        ModelCommitment commitment;
        uint256 versionId;
        ModelCommitment next;
        uint256 nextVersionId;
        uint64 nextAt; // zero: no update is on its way
    }

    /// @notice How long everyone can see an update coming before it counts.
    uint64 public constant UPDATE_DELAY = 1 days;

    bytes32 private constant _LINE_DOMAIN = keccak256("zkchain.line.v1");

    mapping(uint256 modelId => Model) private _models;
    uint256 private _registered;

    /// @inheritdoc IERCZKMLRegistry
    /// @dev The commitment may be to hashes that nobody has registered a version for: then nothing verifies.
    function registerModel(ModelCommitment calldata commitment) external returns (uint256 modelId) {
        modelId = uint256(keccak256(abi.encode(_LINE_DOMAIN, block.chainid, address(this), ++_registered)));
        _status[modelId] = Status(msg.sender, false, 0);
        _models[modelId].commitment = commitment;
        _models[modelId].versionId = _versionFor(msg.sender, commitment);
        emit ModelRegistered(modelId, msg.sender, commitment);
    }

    /// @inheritdoc IERCZKMLRegistry
    /// @dev Takes effect after `UPDATE_DELAY`. A second update in that time takes the first one's place.
    function updateModel(uint256 modelId, ModelCommitment calldata newCommitment) external {
        _onlyOwner(modelId);
        if (_isVersion(modelId)) revert VersionIsImmutable(modelId);
        if (_status[modelId].stopped) revert ZKMLErrors.ModelDeprecated(modelId);
        Model storage model = _models[modelId];
        // A validator can shift the time by seconds; the delay is a day.
        // slither-disable-next-line timestamp
        if (_isDue(model)) (model.commitment, model.versionId) = (model.next, model.nextVersionId);
        (model.next, model.nextVersionId) = (newCommitment, _versionFor(msg.sender, newCommitment));
        model.nextAt = uint64(block.timestamp) + UPDATE_DELAY;
        emit ModelUpdated(modelId, model.commitment, newCommitment);
        emit UpdateScheduled(modelId, model.nextVersionId, model.nextAt);
    }

    /// @inheritdoc IERCZKMLRegistry
    function getModel(uint256 modelId)
        external
        view
        returns (ModelCommitment memory commitment, bool deprecated, address owner)
    {
        Status storage status = _known(modelId);
        (deprecated, owner) = (status.stopped, status.owner);
        if (_isVersion(modelId)) {
            commitment = _commitmentOf(modelId);
        } else {
            // slither-disable-next-line timestamp
            commitment = _isDue(_models[modelId]) ? _models[modelId].next : _models[modelId].commitment;
        }
    }

    /// @inheritdoc IModelRegistry
    function versionOf(uint256 modelId) external view returns (uint256 versionId) {
        _known(modelId);
        if (_isVersion(modelId)) return modelId;
        // slither-disable-next-line timestamp
        return _isDue(_models[modelId]) ? _models[modelId].nextVersionId : _models[modelId].versionId;
    }

    /// @inheritdoc IModelRegistry
    function scheduledUpdate(uint256 modelId)
        external
        view
        returns (ModelCommitment memory commitment, uint256 versionId, uint64 effectiveAt)
    {
        _known(modelId);
        Model storage model = _models[modelId];
        // slither-disable-next-line timestamp
        if (!_isDue(model)) (commitment, versionId, effectiveAt) = (model.next, model.nextVersionId, model.nextAt);
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC165).interfaceId || interfaceId == type(IERCZKMLRegistry).interfaceId
            || interfaceId == type(IModelRegistry).interfaceId || interfaceId == type(ICircuitBook).interfaceId;
    }

    function _isDue(Model storage model) private view returns (bool) {
        // slither-disable-next-line timestamp
        return model.nextAt != 0 && model.nextAt <= block.timestamp;
    }
}
