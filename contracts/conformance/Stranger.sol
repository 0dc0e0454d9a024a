// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title Somebody else, for a probe
contract Stranger {
    /// @notice Calls from another address than the probe's.
    // slither-disable-next-line missing-zero-check
    function tries(address target, bytes calldata data) external returns (bool ok, bytes memory found) {
        // slither-disable-next-line low-level-calls
        return target.call(data);
    }
}
