// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IInferenceGateway} from "../interfaces/IInferenceGateway.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {Bn254} from "../libraries/Bn254.sol";

/// @title Base of contracts that act on proved answers
/// @notice Pins one gateway and one model version. An answer counts when the gateway has recorded it for the
/// caller by a proof that names the caller; it counts once, and only while it is fresh.
abstract contract InferenceConsumer {
    /// @notice The gateway whose records are believed.
    IInferenceGateway public immutable gateway;

    /// @notice The one model version whose answers are believed.
    uint256 public immutable modelId;

    /// @notice The registry that says whether the model was stopped.
    IModelRegistry public immutable registry;

    /// @notice Seconds after its recording in which an answer can be used.
    uint64 public immutable maxAge;

    /// @notice Where the outputs start among the instances.
    uint256 public immutable outputStart;

    /// @notice How many outputs the model has.
    uint256 public immutable outputCount;

    /// @notice Whether a statement has been used here.
    mapping(bytes32 statement => bool) public consumed;

    /// @notice The gateway knows no such statement.
    error NotRecorded(bytes32 statement);

    /// @notice The proof names no account, so whoever came first holds the record.
    error NotAccountBound(bytes32 statement);

    /// @notice The statement was recorded for another account.
    error NotYourInference(address expected, address found);

    /// @notice The statement was used here before.
    error AlreadyConsumed(bytes32 statement);

    /// @notice The answer was recorded too long ago.
    error AnswerTooOld(uint64 recordedAt, uint64 maxAge);

    /// @notice The model has fewer outputs than asked for.
    error NoSuchOutput(uint256 index, uint256 count);

    /// @param gateway_ The gateway whose records are believed.
    /// @param modelId_ The model version whose answers are believed; reverts if the registry has none.
    /// @param maxAge_ Seconds after its recording in which an answer can be used.
    constructor(IInferenceGateway gateway_, uint256 modelId_, uint64 maxAge_) {
        gateway = gateway_;
        modelId = modelId_;
        maxAge = maxAge_;
        registry = IModelRegistry(gateway_.registry());
        IModelRegistry.Layout memory layout = registry.routeOf(modelId_).layout;
        outputStart = layout.outputStart;
        outputCount = layout.outputCount;
    }

    /// @dev Uses up the caller's recorded answer. `instances` are the statement itself, so after this they can
    /// be believed.
    /// @return record Whose answer it is, namely the caller's, and since when it stands.
    function _consume(uint256[] calldata instances) internal returns (IInferenceGateway.Record memory record) {
        // Whoever stops a model has a reason to doubt its answers, also those that were recorded before.
        if (registry.stopped(modelId)) revert IInferenceGateway.ModelIsStopped(modelId);
        _expectUsable();
        bytes32 statement = gateway.statementOf(modelId, instances);
        record = gateway.recordOf(statement);
        if (record.recordedAt == 0) revert NotRecorded(statement);
        if (!record.accountBound) revert NotAccountBound(statement);
        if (record.account != msg.sender) revert NotYourInference(record.account, msg.sender);
        if (consumed[statement]) revert AlreadyConsumed(statement);
        // A validator can shift the time by seconds; an age is in minutes or more.
        // slither-disable-next-line timestamp
        if (block.timestamp - record.recordedAt > maxAge) revert AnswerTooOld(record.recordedAt, maxAge);
        consumed[statement] = true;
    }

    /// @dev Reverts when answers of this version are not to be used any more, whoever brings them. Asked whenever an
    /// answer is used, beside whether the model was stopped. Here there is nothing more to ask.
    function _expectUsable() internal view virtual {}

    /// @dev Output number `index` as a signed integer: the real value times 2^scale of that output.
    function _output(uint256[] calldata instances, uint256 index) internal view returns (int256) {
        if (index >= outputCount) revert NoSuchOutput(index, outputCount);
        return Bn254.signed(instances[outputStart + index]);
    }

    /// @dev Index of the largest output; the lowest such index if several are equal.
    function _argmax(uint256[] calldata instances) internal view returns (uint256 best) {
        int256 highest = _output(instances, 0);
        for (uint256 i = 1; i < outputCount; ++i) {
            int256 value = _output(instances, i);
            if (value > highest) (highest, best) = (value, i);
        }
    }
}
