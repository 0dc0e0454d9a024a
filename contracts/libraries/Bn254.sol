// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title The scalar field in which every instance of a proof lives
library Bn254 {
    /// @notice Order of the BN254 scalar field (EIP-196).
    uint256 internal constant R = 21888242871839275222246405745257275088548364400416034343698204186575808495617;

    /// @notice `element` is not below the field's order, so it would alias another value.
    error NotInField(uint256 element);

    /// @notice The representative of `element` between -R/2 and R/2: how circuits write negative numbers.
    function signed(uint256 element) internal pure returns (int256) {
        if (element >= R) revert NotInField(element);
        // Both casts are safe: R is below 2^254.
        // forge-lint: disable-next-line(unsafe-typecast)
        return element > R / 2 ? int256(element) - int256(R) : int256(element);
    }
}
