// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title A contract that is told of an accepted answer
interface IInferenceReceiver {
    /// @notice Called by a gateway after it has recorded the statement. Failing changes nothing there, so whoever must
    /// not miss an answer reads the record. Check that the caller is the gateway you trust.
    function onInference(uint256 modelId, bytes32 statement, address account, uint256[] calldata instances) external;
}
