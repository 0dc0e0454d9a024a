// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IInferenceGateway} from "../interfaces/IInferenceGateway.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {StatementCheck} from "./StatementCheck.sol";

/// @title Accepted statements, each written once
/// @notice Replays are found by statement, never by proof bytes: one statement has many valid proofs.
abstract contract StatementBook is StatementCheck {
    /// @dev What was accepted, for whoever has to compare it with what was asked for.
    struct Accepted {
        bytes32 statement;
        bytes32 inputCommitment;
        bytes output;
    }

    mapping(bytes32 statement => Record) private _records;

    /// @inheritdoc IInferenceGateway
    function recordOf(bytes32 statement) external view returns (Record memory record) {
        return _records[statement];
    }

    /// @notice Accepts one submission for `caller`. Only the gateway calls this, itself, so that it can be undone alone.
    /// @param asked The id under which the answer was asked for: the version's, or a model's that stands for it.
    function accept(address caller, uint256 asked, Submission calldata submission)
        external
        returns (Accepted memory accepted)
    {
        if (msg.sender != address(this)) revert OnlySelf();
        return _accept(caller, asked, submission.modelId, submission.instances, submission.proof, submission.binding);
    }

    /// @dev The record is written before the adapter is called, and the adapter is called by STATICCALL.
    function _accept(
        address caller,
        uint256 asked,
        uint256 modelId,
        uint256[] calldata instances,
        bytes calldata proof,
        Binding calldata binding
    ) internal returns (Accepted memory accepted) {
        IModelRegistry.Route memory route = _checkedRoute(modelId, instances);
        _checkBinding(modelId, route.layout, instances, binding, caller);

        accepted.statement = statementOf(modelId, instances);
        _record(accepted.statement, binding.account, caller);

        _checkProof(route.adapter, instances, proof);

        accepted.inputCommitment = _inputCommitment(modelId, route.layout, instances);
        accepted.output = abi.encodePacked(_slice(instances, route.layout.outputStart, route.layout.outputCount));
        emit InferenceVerified(asked, accepted.inputCommitment, accepted.output, caller);
    }

    function _record(bytes32 statement, address account, address caller) private {
        // Whether there is a time, not which.
        // slither-disable-next-line timestamp
        if (_records[statement].recordedAt != 0) revert AlreadyRecorded(statement);
        bool accountBound = account != address(0);
        _records[statement] = Record(accountBound ? account : caller, uint64(block.timestamp), accountBound);
    }
}
