// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title The BN254 curve's first group, in which commitments live (EIP-196)
/// @notice The group is the whole curve, so a point on it needs no further check.
library G1 {
    /// @notice A point; (0, 0) is infinity, the commitment of nothing at all.
    struct Point {
        uint256 x;
        uint256 y;
    }

    /// @notice Bytes of a point: big-endian x, then y.
    uint256 internal constant SIZE = 64;

    /// @notice Order of the field of coordinates.
    uint256 internal constant P = 21888242871839275222246405745257275088696311157297823662689037894645226208583;

    address private constant _ADD = address(6);
    address private constant _MUL = address(7);

    /// @notice Not a point that commits to anything: off the curve, a coordinate that aliases another, or infinity.
    error NotAPoint(uint256 x, uint256 y);

    /// @notice The chain's arithmetic of points failed, so nothing is known of the result.
    error PrecompileFailed(address precompile);

    /// @notice Reverts unless `point` is on the curve, written in the one way there is, and not infinity.
    /// @dev Infinity is off the curve y^2 = x^3 + 3 as (0, 0).
    function check(Point memory point) internal pure {
        (uint256 x, uint256 y) = (point.x, point.y);
        bool inField = x < P && y < P;
        if (!inField || mulmod(y, y, P) != addmod(mulmod(mulmod(x, x, P), x, P), 3, P)) revert NotAPoint(x, y);
    }

    /// @notice The point at `index` in `data`, which has to be long enough, unchecked.
    function read(bytes calldata data, uint256 index) internal pure returns (Point memory point) {
        uint256 at = index * SIZE;
        point.x = uint256(bytes32(data[at:at + 32]));
        point.y = uint256(bytes32(data[at + 32:at + SIZE]));
    }

    /// @notice The point at `index` in `data`, checked.
    function readChecked(bytes calldata data, uint256 index) internal pure returns (Point memory point) {
        point = read(data, index);
        check(point);
    }

    /// @notice Reverts unless the `count` points from the one at `first` on are all good.
    function checkAll(bytes calldata data, uint256 first, uint256 count) internal pure {
        for (uint256 i = first; i < first + count; ++i) {
            check(read(data, i));
        }
    }

    /// @notice The sum of two points.
    function add(Point memory a, Point memory b) internal view returns (Point memory) {
        return _call(_ADD, abi.encode(a.x, a.y, b.x, b.y));
    }

    /// @notice `point`, `scalar` times.
    function mul(Point memory point, uint256 scalar) internal view returns (Point memory) {
        return _call(_MUL, abi.encode(point.x, point.y, scalar));
    }

    /// @notice Whether two points, each in the one way there is to write it, are the same.
    function equal(Point memory a, Point memory b) internal pure returns (bool) {
        return a.x == b.x && a.y == b.y;
    }

    /// @dev A chain without the precompile answers with success and no data.
    function _call(address precompile, bytes memory input) private view returns (Point memory) {
        // There is no interface to call, and assembly is not written here.
        // slither-disable-next-line low-level-calls
        (bool done, bytes memory output) = precompile.staticcall(input);
        if (!done || output.length != SIZE) revert PrecompileFailed(precompile);
        (uint256 x, uint256 y) = abi.decode(output, (uint256, uint256));
        return Point(x, y);
    }
}
