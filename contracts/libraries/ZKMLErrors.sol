// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title The error of ERC-7992 that shares its name with an event
/// @dev One interface cannot declare both; from a library, the selector is the same.
library ZKMLErrors {
    /// @notice The model was deprecated, for ever.
    error ModelDeprecated(uint256 modelId);
}
