// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IInferenceGateway} from "../interfaces/IInferenceGateway.sol";
import {ITrainingLedger} from "../interfaces/ITrainingLedger.sol";
import {CreditGate} from "./CreditGate.sol";
import {InferenceConsumer} from "./InferenceConsumer.sol";
import {TrainedConsumer} from "./TrainedConsumer.sol";

/// @title Credit lines opened by a proved score of a model that banks trained (finance)
/// @notice A `CreditGate` that opens a line only while the model is the federation's current one. Lines that were
/// opened before stay open.
contract TrainedCreditGate is CreditGate, TrainedConsumer {
    /// @param gateway_ The gateway whose records are believed.
    /// @param modelId_ The scoring model.
    /// @param minScore_ Lowest score that opens a line, times 2^scale of the output.
    /// @param lineSize_ Size of a line.
    /// @param maxAge_ Seconds for which a recorded score is good.
    /// @param ledger_ The ledger of the federation that trained the model.
    constructor(
        IInferenceGateway gateway_,
        uint256 modelId_,
        int256 minScore_,
        uint256 lineSize_,
        uint64 maxAge_,
        ITrainingLedger ledger_
    ) CreditGate(gateway_, modelId_, minScore_, lineSize_, maxAge_) TrainedConsumer(ledger_) {}

    /// @inheritdoc TrainedConsumer
    function _expectUsable() internal view override(InferenceConsumer, TrainedConsumer) {
        super._expectUsable();
    }
}
