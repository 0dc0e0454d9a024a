// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {G1} from "../../../contracts/libraries/G1.sol";
import {Check} from "../support/Check.sol";
import {Curve} from "./support/Curve.sol";

/// @dev Internal library functions by calls, so that their errors can be expected.
contract G1Caller {
    function check(G1.Point memory point) external pure {
        G1.check(point);
    }

    function readChecked(bytes calldata data, uint256 index) external pure returns (G1.Point memory) {
        return G1.readChecked(data, index);
    }

    function checkAll(bytes calldata data, uint256 first, uint256 count) external pure {
        G1.checkAll(data, first, count);
    }

    function add(G1.Point memory a, G1.Point memory b) external view returns (G1.Point memory) {
        return G1.add(a, b);
    }

    function mul(G1.Point memory point, uint256 scalar) external view returns (G1.Point memory) {
        return G1.mul(point, scalar);
    }
}

contract G1Test is Check {
    G1Caller private lib;

    function setUp() public {
        lib = new G1Caller();
    }

    function times(uint256 scalar) private view returns (G1.Point memory point) {
        (point.x, point.y) = Curve.coordinates(Curve.times(scalar));
    }

    function testFuzzEveryMultipleOfTheGeneratorIsAPoint(uint256 scalar) public view {
        if (scalar % Curve.R == 0) scalar = 1;
        lib.check(times(scalar));
    }

    function testFuzzAPointOffTheCurveIsRefused(uint256 scalar, uint256 by) public {
        G1.Point memory point = times(bounded(scalar, 1, Curve.R - 1));
        uint256 moved = addmod(point.y, bounded(by, 1, G1.P - 1), G1.P);
        vm.assume(addmod(moved, point.y, G1.P) != 0); // the point's inverse is one, too
        point.y = moved;
        vm.expectRevert(abi.encodeWithSelector(G1.NotAPoint.selector, point.x, moved));
        lib.check(point);
    }

    function testFuzzCoordinatesHaveOneForm(uint256 scalar, bool first) public {
        G1.Point memory point = times(bounded(scalar, 1, Curve.R - 1));
        if (first) point.x += G1.P;
        else point.y += G1.P;
        vm.expectRevert(abi.encodeWithSelector(G1.NotAPoint.selector, point.x, point.y));
        lib.check(point);
    }

    function testInfinityIsNoPoint() public {
        vm.expectRevert(abi.encodeWithSelector(G1.NotAPoint.selector, 0, 0));
        lib.check(G1.Point(0, 0));
    }

    function testFuzzSumsAndMultiplesAreThoseOfTheLogarithms(uint256 a, uint256 b) public view {
        G1.Point memory sum = lib.add(times(a), times(b));
        isTrue(G1.equal(sum, times(addmod(a, b, Curve.R))), "sum");
        isTrue(G1.equal(lib.mul(times(a), b), times(mulmod(a, b, Curve.R))), "multiple");
        isTrue(G1.equal(sum, G1.Point(sum.x, sum.y)), "equal");
        isTrue(!G1.equal(sum, G1.Point(sum.x + 1, sum.y)), "another x");
        isTrue(!G1.equal(sum, G1.Point(sum.x, sum.y + 1)), "another y");
    }

    function testWhatTheChainCannotAddIsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(G1.PrecompileFailed.selector, address(6)));
        lib.add(G1.Point(1, 3), G1.Point(1, 2));
        vm.expectRevert(abi.encodeWithSelector(G1.PrecompileFailed.selector, address(7)));
        lib.mul(G1.Point(G1.P, 2), 1);
    }

    function testPointsAreReadWhereTheyAre() public {
        bytes memory data = bytes.concat(Curve.times(1), Curve.times(2), Curve.times(3), hex"00");
        for (uint256 i = 0; i < 3; ++i) {
            isTrue(G1.equal(lib.readChecked(data, i), times(i + 1)), "in its place");
        }
        vm.expectRevert();
        lib.readChecked(data, 3);
    }

    function testOfManyPointsEachIsChecked() public {
        bytes memory data = bytes.concat(Curve.times(1), Curve.times(2), new bytes(64), Curve.times(3));
        lib.checkAll(data, 0, 2);
        lib.checkAll(data, 3, 1);
        for (uint256 first = 0; first < 3; ++first) {
            vm.expectRevert(abi.encodeWithSelector(G1.NotAPoint.selector, 0, 0));
            lib.checkAll(data, first, 3 - first);
        }
    }
}
