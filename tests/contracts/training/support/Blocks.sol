// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev The cheat codes for what only a ledger's tests do.
interface Blocks {
    function deployCode(string calldata artifact, bytes calldata arguments) external returns (address);
    function cool(address account) external;
    function roll(uint256 number) external;
}
