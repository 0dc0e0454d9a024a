// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IInferenceGateway} from "../interfaces/IInferenceGateway.sol";
import {ITrainingLedger} from "../interfaces/ITrainingLedger.sol";
import {InferenceConsumer} from "./InferenceConsumer.sol";
import {SensorSwitch} from "./SensorSwitch.sol";
import {TrainedConsumer} from "./TrainedConsumer.sol";

/// @title A switch that a proved anomaly opens, by a model that plants trained (IoT)
/// @notice A `SensorSwitch` that takes a report only while the model is the federation's current one. A device that
/// cannot report any more is off after its silence; a switch that tripped stays so until the operator closes it.
contract TrainedSensorSwitch is SensorSwitch, TrainedConsumer {
    /// @param gateway_ The gateway whose records are believed.
    /// @param modelId_ The anomaly model.
    /// @param operator_ Who may close a tripped switch.
    /// @param tripFrom_ Lowest score that is an anomaly, times 2^scale of the output.
    /// @param maxSilence_ Seconds after which a silent device counts as off.
    /// @param ledger_ The ledger of the federation that trained the model.
    constructor(
        IInferenceGateway gateway_,
        uint256 modelId_,
        address operator_,
        int256 tripFrom_,
        uint64 maxSilence_,
        ITrainingLedger ledger_
    ) SensorSwitch(gateway_, modelId_, operator_, tripFrom_, maxSilence_) TrainedConsumer(ledger_) {}

    /// @inheritdoc TrainedConsumer
    function _expectUsable() internal view override(InferenceConsumer, TrainedConsumer) {
        super._expectUsable();
    }
}
