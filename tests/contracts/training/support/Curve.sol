// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev Points as multiples of the generator, whose logarithms a test knows: with them a commitment is one number.
library Curve {
    uint256 internal constant R = 21888242871839275222246405745257275088548364400416034343698204186575808495617;

    error NoPrecompile();

    /// @dev The 64 bytes of the generator times `scalar`.
    function times(uint256 scalar) internal view returns (bytes memory) {
        (bool done, bytes memory output) = address(7).staticcall(abi.encode(uint256(1), uint256(2), scalar));
        if (!done || output.length != 64) revert NoPrecompile();
        return output;
    }

    /// @dev Some logarithm but zero.
    function log(bytes memory seed) internal pure returns (uint256) {
        return 1 + uint256(keccak256(seed)) % (R - 1);
    }

    /// @dev Some vector's points.
    function some(bytes memory seed, uint256 chunks) internal view returns (bytes memory points) {
        for (uint256 i = 0; i < chunks; ++i) {
            points = bytes.concat(points, times(log(abi.encode(seed, i))));
        }
    }

    function coordinates(bytes memory point) internal pure returns (uint256 x, uint256 y) {
        return abi.decode(point, (uint256, uint256));
    }
}
