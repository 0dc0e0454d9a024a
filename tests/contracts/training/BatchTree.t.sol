// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {BatchTree} from "../../../contracts/libraries/BatchTree.sol";
import {Check} from "../support/Check.sol";

contract BatchTreeTest is Check {
    bytes32[] private way;

    function rootOf(bytes32 one, uint256 index, uint256 count, bytes32[] calldata path)
        external
        pure
        returns (bytes32)
    {
        return BatchTree.rootOf(one, index, count, path);
    }

    function point(uint256 index) private pure returns (bytes32) {
        return keccak256(abi.encode("point", index));
    }

    function leaf(uint256 index) private pure returns (bytes32) {
        return keccak256(abi.encode(keccak256(abi.encode(index, point(index)))));
    }

    /// @dev The tree layer by layer, and the way from one leaf up.
    function build(uint256 index, uint256 count) private returns (bytes32) {
        delete way;
        bytes32[] memory layer = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            layer[i] = leaf(i);
        }
        while (layer.length > 1) {
            bytes32[] memory above = new bytes32[]((layer.length + 1) / 2);
            for (uint256 i = 0; i < above.length; ++i) {
                above[i] =
                    2 * i + 1 < layer.length ? keccak256(abi.encode(layer[2 * i], layer[2 * i + 1])) : layer[2 * i];
            }
            if ((index ^ 1) < layer.length) way.push(layer[index ^ 1]);
            (layer, index) = (above, index / 2);
        }
        return layer[0];
    }

    function testEveryBatchOfEveryTreeUpTo17IsInItsPlaceAndInNoOther() public {
        for (uint256 count = 1; count <= 17; ++count) {
            for (uint256 index = 0; index < count; ++index) {
                bytes32 root = build(index, count);
                equal(this.rootOf(point(index), index, count, way), root);
                uint256 elsewhere = (index + 1) % count;
                if (elsewhere != index) {
                    isTrue(this.rootOf(point(index), elsewhere, count, way) != root, "elsewhere");
                }
            }
        }
    }

    function testFuzzLargeTreesToo(uint16 index, uint16 count) public {
        count = uint16(bounded(count, 1, 300));
        index = uint16(bounded(index, 0, count - 1));
        bytes32 root = build(index, count);
        equal(this.rootOf(point(index), index, count, way), root);
        isTrue(this.rootOf(point(uint256(index) + 1), index, count, way) != root, "another point");
        way.push(root);
        equal(this.rootOf(point(index), index, count, way), 0);
    }

    /// @dev A node's hash given as a batch is hashed twice more, so it is never taken for the node.
    function testANodeIsNoBatch() public {
        bytes32 root = build(0, 4);
        bytes32[] memory short = new bytes32[](1);
        short[0] = way[1];
        isTrue(this.rootOf(keccak256(abi.encode(leaf(0), leaf(1))), 0, 2, short) != root, "a node");
    }
}
