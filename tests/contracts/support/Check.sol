// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Vm} from "./Vm.sol";

/// @dev Base of all tests: the cheat codes and a few assertions that say both sides.
abstract contract Check {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    error NotEqual(bytes32 found, bytes32 expected);
    error NotTrue(string what);

    function equal(bytes32 found, bytes32 expected) internal pure {
        if (found != expected) revert NotEqual(found, expected);
    }

    function equal(uint256 found, uint256 expected) internal pure {
        equal(bytes32(found), bytes32(expected));
    }

    function equal(int256 found, int256 expected) internal pure {
        equal(bytes32(uint256(found)), bytes32(uint256(expected)));
    }

    function equal(address found, address expected) internal pure {
        equal(bytes32(uint256(uint160(found))), bytes32(uint256(uint160(expected))));
    }

    function equal(bytes memory found, bytes memory expected) internal pure {
        equal(keccak256(found), keccak256(expected));
    }

    function isTrue(bool condition, string memory what) internal pure {
        if (!condition) revert NotTrue(what);
    }

    /// @dev `value` mapped into `low..high`.
    function bounded(uint256 value, uint256 low, uint256 high) internal pure returns (uint256) {
        return low + value % (high - low + 1);
    }
}
