// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {ITrainingLedger} from "../interfaces/ITrainingLedger.sol";
import {Bn254} from "../libraries/Bn254.sol";
import {Disputes} from "./Disputes.sol";
import {LedgerSetup} from "./LedgerSetup.sol";
import {RoundClock} from "./RoundClock.sol";

/// @title A federation's ledger, and from where its published models come
/// @notice What is kept here of a model is a commitment; a version in the registry pins a Poseidon hash. The circuit of
/// weights shows that both are of the same weights.
contract TrainingLedger is Disputes {
    /// @inheritdoc ITrainingLedger
    mapping(bytes32 model => uint256) public poseidonOf;

    mapping(uint256 modelId => Lineage) private _lineage;

    /// @param given What stays as it is.
    constructor(Setup memory given) LedgerSetup(given) RoundClock(given.genesis) {}

    /// @inheritdoc ITrainingLedger
    /// @dev A hash of zero, which nobody knows weights for, would look like none.
    function hashWeights(bytes calldata proof, uint256 poseidon) external {
        bytes32 model = currentModel;
        if (poseidonOf[model] != 0) revert AlreadyHashed(model);
        if (poseidon == 0 || poseidon >= Bn254.R) revert Bn254.NotInField(poseidon);
        _expectPoints(proof, _CHUNKS);
        _expectModel(_points(proof, 0));
        uint256[] memory instances = new uint256[](1);
        instances[0] = poseidon;
        _verify(_WEIGHTS_ADAPTER, _WEIGHTS_CODE, instances, proof);
        poseidonOf[model] = poseidon;
        emit WeightsHashed(model, modelRound(), poseidon);
    }

    /// @inheritdoc ITrainingLedger
    function linkModel(uint256 modelId) external {
        _onlyCoordinator();
        if (_lineage[modelId].model != 0) revert AlreadyLinked(modelId);
        bytes32 model = currentModel;
        uint256 poseidon = poseidonOf[model];
        if (poseidon == 0) revert NotHashed(model);
        IModelRegistry.Route memory route = IModelRegistry(_REGISTRY).routeOf(modelId);
        if (route.stopped) revert VersionIsStopped(modelId);
        bytes32 expected = keccak256(abi.encodePacked(poseidon));
        if (route.paramsDigest != expected) revert ParamsDigestMismatch(expected, route.paramsDigest);
        // A round's number has 32 bits.
        // forge-lint: disable-next-line(unsafe-typecast)
        _lineage[modelId] = Lineage(uint32(modelRound()), model, poseidon);
        emit ModelLinked(modelId, modelRound(), model);
    }

    /// @inheritdoc ITrainingLedger
    function lineageOf(uint256 modelId) external view returns (Lineage memory) {
        return _lineage[modelId];
    }
}
