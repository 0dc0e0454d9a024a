// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title The tree over a client's batches
/// @notice The leaf of batch i is keccak256(keccak256(abi.encode(i, keccak256(point)))): hashed twice, so that no leaf
/// is a node. Nodes are keccak256 of left and right, in the order of the batches; one without a neighbour is carried up
/// as it is.
library BatchTree {
    /// @notice The root that follows from a batch and its path.
    /// @param point keccak256 of the batch's commitment.
    /// @param index Of the batch.
    /// @param count Of all batches, above `index`.
    /// @param path The neighbours, from the leaf up; none where a node has none.
    /// @return root Zero when the path is too short or too long.
    function rootOf(bytes32 point, uint256 index, uint256 count, bytes32[] calldata path)
        internal
        pure
        returns (bytes32 root)
    {
        root = keccak256(bytes.concat(keccak256(abi.encode(index, point))));
        uint256 used = 0;
        for (; count > 1; (index, count) = (index / 2, (count + 1) / 2)) {
            bool right = index % 2 == 1;
            if (!right && index + 1 == count) continue;
            if (used == path.length) return 0;
            bytes32 neighbour = path[used++];
            root = right ? keccak256(abi.encode(neighbour, root)) : keccak256(abi.encode(root, neighbour));
        }
        if (used != path.length) return 0;
    }
}
