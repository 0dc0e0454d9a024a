// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {InferenceConsumer} from "zkchain/contracts/consumers/InferenceConsumer.sol";
import {IInferenceGateway} from "zkchain/contracts/interfaces/IInferenceGateway.sol";

/// @title A discount for whoever proves a good score
contract Discount is InferenceConsumer {
    /// @notice Lowest score that earns it, in the fixed point of the model's first output.
    int256 public immutable from;

    /// @notice Per cent off, by account.
    mapping(address account => uint256) public percentOf;

    /// @notice The proved score is too low.
    error ScoreTooLow(int256 lowest, int256 found);

    /// @param gateway_ The gateway whose records are believed.
    /// @param modelId_ The scoring model.
    /// @param from_ Lowest score that earns the discount, times 2^scale of the output.
    constructor(IInferenceGateway gateway_, uint256 modelId_, int256 from_)
        InferenceConsumer(gateway_, modelId_, 1 hours)
    {
        from = from_;
    }

    /// @notice Takes the caller's recorded score: 10 % for one above the threshold, 20 % for one twice as high.
    function claim(uint256[] calldata instances) external {
        address account = _consume(instances).account;
        int256 score = _output(instances, 0);
        if (score < from) revert ScoreTooLow(from, score);
        percentOf[account] = score >= 2 * from ? 20 : 10;
    }
}
