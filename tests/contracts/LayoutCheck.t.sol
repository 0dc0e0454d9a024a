// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IModelRegistry} from "../../contracts/interfaces/IModelRegistry.sol";
import {LayoutCheck} from "../../contracts/libraries/LayoutCheck.sol";
import {Check} from "./support/Check.sol";

contract LayoutCheckTest is Check {
    uint32 private constant NONE = type(uint32).max;

    function check(IModelRegistry.Layout calldata layout) external pure {
        LayoutCheck.check(layout);
    }

    function refuse(IModelRegistry.Layout memory layout, bytes memory reason) private {
        vm.expectRevert(reason);
        this.check(layout);
    }

    function testAcceptsPartsThatTouch() public view {
        this.check(IModelRegistry.Layout(7, 0, 2, 3, 3, 6, 2, 1));
        this.check(IModelRegistry.Layout(7, 1, 2, 4, 3, 0, 3, 1));
        this.check(IModelRegistry.Layout(1, 0, 0, 0, 1, NONE, 0, 0));
    }

    function testRefusesNoOutputs() public {
        bytes4 nothing = IModelRegistry.NoOutputs.selector;
        refuse(IModelRegistry.Layout(7, 0, 2, 3, 0, 6, 2, 1), abi.encodeWithSelector(nothing));
    }

    function testRefusesPartsOutside() public {
        bytes4 outside = IModelRegistry.SegmentOutside.selector;
        refuse(IModelRegistry.Layout(5, 4, 2, 0, 1, NONE, 0, 0), abi.encodeWithSelector(outside, "input", 6, 5));
        refuse(IModelRegistry.Layout(5, 0, 0, 5, 1, NONE, 0, 0), abi.encodeWithSelector(outside, "output", 6, 5));
        refuse(IModelRegistry.Layout(5, 0, 0, 0, 1, NONE, 3, 3), abi.encodeWithSelector(outside, "params", 6, 5));
        refuse(IModelRegistry.Layout(1, 0, 0, 0, 1, 1, 0, 0), abi.encodeWithSelector(outside, "binding", 2, 1));
        refuse(
            IModelRegistry.Layout(1, 0, 0, 0, 1, NONE - 1, 0, 0), abi.encodeWithSelector(outside, "binding", NONE, 1)
        );
    }

    function testRefusesSharedInstances() public {
        bytes4 overlap = IModelRegistry.SegmentsOverlap.selector;
        refuse(IModelRegistry.Layout(5, 0, 2, 1, 1, NONE, 0, 0), abi.encodeWithSelector(overlap, "input", "output"));
        refuse(IModelRegistry.Layout(5, 0, 2, 2, 2, NONE, 3, 1), abi.encodeWithSelector(overlap, "output", "params"));
        refuse(IModelRegistry.Layout(7, 0, 2, 2, 5, 6, 0, 0), abi.encodeWithSelector(overlap, "output", "binding"));
        refuse(IModelRegistry.Layout(7, 0, 2, 2, 5, 1, 0, 0), abi.encodeWithSelector(overlap, "input", "binding"));
        refuse(IModelRegistry.Layout(7, 0, 2, 2, 2, 4, 4, 3), abi.encodeWithSelector(overlap, "params", "binding"));
    }

    /// @dev Agrees with a map of who owns which instance.
    function testFuzzAgreesWithAMap(uint8[8] memory raw) public view {
        IModelRegistry.Layout memory layout = IModelRegistry.Layout(
            raw[0] % 20,
            raw[1] % 20,
            raw[2] % 4,
            raw[3] % 20,
            raw[4] % 4,
            raw[5] % 2 == 0 ? NONE : raw[5] % 12,
            raw[6] % 20,
            raw[7] % 4
        );
        bool accepted;
        try this.check(layout) {
            accepted = true;
        } catch {}
        isTrue(accepted == fits(layout), "the map and the check differ");
    }

    function fits(IModelRegistry.Layout memory l) private pure returns (bool) {
        bool[64] memory taken;
        return l.outputCount != 0 && claim(taken, l.inputStart, l.inputCount, l.instanceCount)
            && claim(taken, l.outputStart, l.outputCount, l.instanceCount)
            && claim(taken, l.paramsStart, l.paramsCount, l.instanceCount)
            && (l.bindingStart == NONE || claim(taken, l.bindingStart, 1, l.instanceCount));
    }

    function claim(bool[64] memory taken, uint256 start, uint256 count, uint256 total) private pure returns (bool) {
        if (start + count > total) return false;
        for (uint256 i = start; i < start + count; ++i) {
            if (taken[i]) return false;
            taken[i] = true;
        }
        return true;
    }
}
