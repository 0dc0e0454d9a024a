// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IInferenceGateway} from "../interfaces/IInferenceGateway.sol";
import {InferenceConsumer} from "./InferenceConsumer.sol";

/// @title Cases routed by a proved triage (health)
/// @notice A clinic proves the model's answer over findings that stay private; the case joins the queue of the
/// urgency found. A single output is a risk: at or above the threshold is urgent. Several outputs are classes,
/// and the largest one names the queue.
contract TriageRouter is InferenceConsumer {
    struct Case {
        address clinic;
        bytes32 statement;
        uint64 openedAt;
    }

    /// @notice Queue of urgent cases when the model has a single output.
    uint256 public constant URGENT = 1;

    /// @notice Lowest risk that is urgent, in the fixed point of the output; unused with several outputs.
    int256 public immutable urgentFrom;

    mapping(uint256 queue => Case[]) private _cases;

    /// @notice A case joined a queue.
    event CaseRouted(uint256 indexed queue, uint256 indexed number, address indexed clinic, bytes32 statement);

    /// @param gateway_ The gateway whose records are believed.
    /// @param modelId_ The triage model.
    /// @param urgentFrom_ Lowest urgent risk, times 2^scale of the output.
    /// @param maxAge_ Seconds for which recorded findings describe the patient.
    constructor(IInferenceGateway gateway_, uint256 modelId_, int256 urgentFrom_, uint64 maxAge_)
        InferenceConsumer(gateway_, modelId_, maxAge_)
    {
        urgentFrom = urgentFrom_;
    }

    /// @notice Puts the caller's recorded answer into its queue.
    /// @param instances The instances that were submitted to the gateway.
    /// @return queue The queue: 0 or `URGENT` for a single output, the class otherwise.
    /// @return number The case's place in that queue.
    function route(uint256[] calldata instances) external returns (uint256 queue, uint256 number) {
        address clinic = _consume(instances).account;
        queue = outputCount == 1 ? (_output(instances, 0) >= urgentFrom ? URGENT : 0) : _argmax(instances);
        number = _cases[queue].length;
        bytes32 statement = gateway.statementOf(modelId, instances);
        _cases[queue].push(Case(clinic, statement, uint64(block.timestamp)));
        emit CaseRouted(queue, number, clinic, statement);
    }

    /// @notice Number of cases in a queue.
    function queueLength(uint256 queue) external view returns (uint256) {
        return _cases[queue].length;
    }

    /// @notice One case of a queue.
    function caseAt(uint256 queue, uint256 number) external view returns (Case memory) {
        return _cases[queue][number];
    }
}
