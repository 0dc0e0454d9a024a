// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IInferenceGateway} from "../interfaces/IInferenceGateway.sol";
import {ITrainingLedger} from "../interfaces/ITrainingLedger.sol";
import {InferenceConsumer} from "./InferenceConsumer.sol";
import {TrainedConsumer} from "./TrainedConsumer.sol";
import {TriageRouter} from "./TriageRouter.sol";

/// @title Cases routed by a proved triage of a model that hospitals trained (health)
/// @notice A `TriageRouter` that takes a case only while the model is the federation's current one. Cases that were
/// routed before stay in their queues.
contract TrainedTriageRouter is TriageRouter, TrainedConsumer {
    /// @param gateway_ The gateway whose records are believed.
    /// @param modelId_ The triage model.
    /// @param urgentFrom_ Lowest urgent risk, times 2^scale of the output.
    /// @param maxAge_ Seconds for which recorded findings describe the patient.
    /// @param ledger_ The ledger of the federation that trained the model.
    constructor(
        IInferenceGateway gateway_,
        uint256 modelId_,
        int256 urgentFrom_,
        uint64 maxAge_,
        ITrainingLedger ledger_
    ) TriageRouter(gateway_, modelId_, urgentFrom_, maxAge_) TrainedConsumer(ledger_) {}

    /// @inheritdoc TrainedConsumer
    function _expectUsable() internal view override(InferenceConsumer, TrainedConsumer) {
        super._expectUsable();
    }
}
