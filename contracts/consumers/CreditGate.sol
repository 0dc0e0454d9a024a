// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IInferenceGateway} from "../interfaces/IInferenceGateway.sol";
import {InferenceConsumer} from "./InferenceConsumer.sol";

/// @title Credit lines opened by a proved score (finance)
/// @notice An applicant proves the model's score over data that stays private, and gets a fixed line if the
/// score is high enough. The line is a number that a lending contract reads; no money is kept here.
contract CreditGate is InferenceConsumer {
    /// @notice Lowest score that opens a line, in the fixed point of the model's first output.
    int256 public immutable minScore;

    /// @notice Size of a line.
    uint256 public immutable lineSize;

    /// @notice The line open to each account; zero for none.
    mapping(address account => uint256) public lineOf;

    /// @notice A line was opened.
    event LineOpened(address indexed account, int256 score, uint256 line);

    /// @notice The proved score is too low.
    error ScoreTooLow(int256 minimum, int256 found);

    /// @notice The account has a line already.
    error LineIsOpen(address account, uint256 line);

    /// @param gateway_ The gateway whose records are believed.
    /// @param modelId_ The scoring model.
    /// @param minScore_ Lowest score that opens a line, times 2^scale of the output.
    /// @param lineSize_ Size of a line.
    /// @param maxAge_ Seconds for which a recorded score is good.
    constructor(IInferenceGateway gateway_, uint256 modelId_, int256 minScore_, uint256 lineSize_, uint64 maxAge_)
        InferenceConsumer(gateway_, modelId_, maxAge_)
    {
        minScore = minScore_;
        lineSize = lineSize_;
    }

    /// @notice Opens the caller's line from a recorded answer.
    /// @param instances The instances that were submitted to the gateway.
    function open(uint256[] calldata instances) external {
        if (lineOf[msg.sender] != 0) revert LineIsOpen(msg.sender, lineOf[msg.sender]);
        address account = _consume(instances).account;
        int256 score = _output(instances, 0);
        if (score < minScore) revert ScoreTooLow(minScore, score);
        lineOf[account] = lineSize;
        emit LineOpened(account, score, lineSize);
    }
}
