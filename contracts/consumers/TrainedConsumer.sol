// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ITrainingLedger} from "../interfaces/ITrainingLedger.sol";
import {CodePin} from "../libraries/CodePin.sol";
import {InferenceConsumer} from "./InferenceConsumer.sol";

/// @title Base of contracts that act on answers of a federation's present model
/// @notice Pins the ledger in which the model version was trained, too. An answer counts only while the version's
/// weights are those of the ledger's current model: a round that closes makes them old, and nothing makes a version of
/// other weights count here.
///
/// What decides is the moment in which an answer is used, not the one in which it was recorded. An answer that the
/// gateway recorded while the model was current, and that is brought here after a further round was closed, is refused.
/// What was done with answers before that stays as it is. A round that is open, or was aborted, changes nothing.
///
/// A contract on this base serves one version. After a further round it refuses everything; the federation publishes
/// the new model, and a contract for that version takes its place.
///
/// @dev The ledger is the deployer's choice, as the gateway is. Whoever relies on such a contract looks at what the
/// ledger's code and setup are: here it is asked for its registry, for the version's lineage and for its model only.
/// Whoever coordinates the ledger's rounds ends the use of the contract by closing one.
abstract contract TrainedConsumer is InferenceConsumer {
    /// @notice The ledger of the federation that trained the model.
    ITrainingLedger public immutable ledger;

    /// @notice The model whose weights the version has: a points hash of the ledger.
    bytes32 public immutable trainedModel;

    /// @notice The ledger publishes its models in another registry than the gateway's.
    error OtherRegistry(address expected, address found);

    /// @notice The ledger has linked no such version to a model of its own.
    error NotTrainedHere(uint256 modelId);

    /// @notice The version has the weights of another model than the ledger's current one.
    error ModelNotCurrent(bytes32 current, bytes32 found);

    /// @param ledger_ The ledger that linked the model version, whose model is still the current one.
    constructor(ITrainingLedger ledger_) {
        // A call to an account without code reverts by itself, but without a reason.
        if (address(ledger_).code.length == 0) revert CodePin.NoCode(address(ledger_));
        address published = ledger_.setup().registry;
        if (published != address(registry)) revert OtherRegistry(address(registry), published);
        bytes32 model = ledger_.lineageOf(modelId).model;
        if (model == 0) revert NotTrainedHere(modelId);
        ledger = ledger_;
        trainedModel = model;
        // One that would refuse every answer from the beginning is not what anyone wants.
        _expectUsable();
    }

    /// @inheritdoc InferenceConsumer
    function _expectUsable() internal view virtual override {
        super._expectUsable();
        bytes32 current = ledger.currentModel();
        if (current != trainedModel) revert ModelNotCurrent(current, trainedModel);
    }
}
