// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IInferenceGateway} from "../interfaces/IInferenceGateway.sol";
import {InferenceConsumer} from "./InferenceConsumer.sol";

/// @title A switch that a proved anomaly opens (IoT)
/// @notice Each device reports the model's anomaly score over raw readings that stay with it. An anomaly trips
/// the device's switch, and only the operator closes it again. A device that stays silent is not trusted either,
/// so a report counts from when the gateway recorded it: readings kept back do not keep a device on.
contract SensorSwitch is InferenceConsumer {
    struct Device {
        bool tripped;
        uint64 reportedAt;
        int256 score;
    }

    /// @notice Who may close a tripped switch.
    address public immutable operator;

    /// @notice Lowest score that is an anomaly, in the fixed point of the model's first output.
    int256 public immutable tripFrom;

    /// @notice Last report and state of each device.
    mapping(address device => Device) public deviceOf;

    /// @notice A device reported.
    event Reported(address indexed device, int256 score, bool tripped);

    /// @notice The operator closed a device's switch.
    event Closed(address indexed device);

    /// @notice Only the operator may close a switch.
    error NotOperator(address expected, address found);

    /// @notice A switch that nobody can close again is not what anyone wants.
    error NoOperator();

    /// @notice A later report of the device counts already.
    error ReportOutOfOrder(uint64 latest, uint64 found);

    /// @notice The device's switch is closed already.
    error NotTripped(address device);

    /// @param gateway_ The gateway whose records are believed.
    /// @param modelId_ The anomaly model.
    /// @param operator_ Who may close a tripped switch.
    /// @param tripFrom_ Lowest score that is an anomaly, times 2^scale of the output.
    /// @param maxSilence_ Seconds after which a silent device counts as off.
    constructor(IInferenceGateway gateway_, uint256 modelId_, address operator_, int256 tripFrom_, uint64 maxSilence_)
        InferenceConsumer(gateway_, modelId_, maxSilence_)
    {
        if (operator_ == address(0)) revert NoOperator();
        operator = operator_;
        tripFrom = tripFrom_;
    }

    /// @notice Takes the caller's recorded score; the calling account is the device.
    /// @param instances The instances that were submitted to the gateway.
    /// @return tripped Whether the device's switch is open now.
    function report(uint256[] calldata instances) external returns (bool tripped) {
        IInferenceGateway.Record memory record = _consume(instances);
        Device storage device = deviceOf[record.account];
        if (record.recordedAt < device.reportedAt) revert ReportOutOfOrder(device.reportedAt, record.recordedAt);
        int256 score = _output(instances, 0);
        tripped = device.tripped || score >= tripFrom;
        device.tripped = tripped;
        device.reportedAt = record.recordedAt;
        device.score = score;
        emit Reported(msg.sender, score, tripped);
    }

    /// @notice Closes a tripped switch.
    function close(address device) external {
        if (msg.sender != operator) revert NotOperator(operator, msg.sender);
        if (!deviceOf[device].tripped) revert NotTripped(device);
        deviceOf[device].tripped = false;
        emit Closed(device);
    }

    /// @notice Whether what hangs on the device may run: it reported lately and no anomaly is open.
    function isOn(address device) external view returns (bool) {
        Device storage found = deviceOf[device];
        // A validator can shift the time by seconds; a silence is in minutes or more.
        // slither-disable-next-line timestamp
        return found.reportedAt != 0 && !found.tripped && block.timestamp - found.reportedAt <= maxAge;
    }
}
