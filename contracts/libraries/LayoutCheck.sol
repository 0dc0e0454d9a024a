// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IModelRegistry} from "../interfaces/IModelRegistry.sol";

/// @title Whether a layout makes sense
library LayoutCheck {
    /// @notice Value of `bindingStart` for proofs that carry no binding.
    uint32 internal constant NO_BINDING = type(uint32).max;

    struct Part {
        string name;
        uint256 start;
        uint256 end;
    }

    /// @notice Reverts unless there are outputs and all parts lie inside the instances without sharing any.
    function check(IModelRegistry.Layout calldata layout) internal pure {
        if (layout.outputCount == 0) revert IModelRegistry.NoOutputs();
        bool bound = layout.bindingStart != NO_BINDING;
        Part[4] memory parts = [
            _part("input", layout.inputStart, layout.inputCount),
            _part("output", layout.outputStart, layout.outputCount),
            _part("params", layout.paramsStart, layout.paramsCount),
            _part("binding", bound ? layout.bindingStart : 0, bound ? 1 : 0)
        ];
        for (uint256 i = 0; i < parts.length; ++i) {
            if (parts[i].end > layout.instanceCount) {
                revert IModelRegistry.SegmentOutside(parts[i].name, parts[i].end, layout.instanceCount);
            }
            for (uint256 j = 0; j < i; ++j) {
                if (_overlap(parts[i], parts[j])) revert IModelRegistry.SegmentsOverlap(parts[j].name, parts[i].name);
            }
        }
    }

    function _part(string memory name, uint256 start, uint256 count) private pure returns (Part memory) {
        return Part(name, start, start + count);
    }

    /// @dev A part without instances overlaps nothing.
    function _overlap(Part memory a, Part memory b) private pure returns (bool) {
        return a.start < a.end && b.start < b.end && a.start < b.end && b.start < a.end;
    }
}
