// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title Who committed to which data, and since when
/// @notice A root is of a tree over the commitments of a data set's batches. Nothing of the data is in it, and nothing
/// says that the data is true; what is here is that an account stood by exactly this data at a time.
contract DataRegistry {
    /// @notice A registered data set.
    struct DataSet {
        uint64 since; // Unix seconds; zero for none
        uint32 batches;
        uint32 samples;
        uint32 uses; // proofs that each batch's salt can bear
    }

    /// @notice `owner` stands by this data.
    event DataSetRegistered(address indexed owner, bytes32 indexed root, uint32 batches, uint32 samples, uint32 uses);

    /// @notice The field called `field` must not be zero.
    error ZeroField(string field);

    /// @notice The caller has registered this root.
    error AlreadyRegistered(address owner, bytes32 root);

    mapping(address owner => mapping(bytes32 root => DataSet)) private _sets;

    /// @notice Registers a data set for the caller, once.
    function register(bytes32 root, uint32 batches, uint32 samples, uint32 uses) external {
        if (root == 0) revert ZeroField("root");
        if (batches == 0) revert ZeroField("batches");
        if (samples == 0) revert ZeroField("samples");
        if (uses == 0) revert ZeroField("uses");
        if (isRegistered(msg.sender, root)) revert AlreadyRegistered(msg.sender, root);
        _sets[msg.sender][root] = DataSet(uint64(block.timestamp), batches, samples, uses);
        emit DataSetRegistered(msg.sender, root, batches, samples, uses);
    }

    /// @notice What is known of an owner's data set; all zero for none.
    function dataSetOf(address owner, bytes32 root) external view returns (DataSet memory) {
        return _sets[owner][root];
    }

    /// @notice Whether `owner` has registered `root`.
    function isRegistered(address owner, bytes32 root) public view returns (bool) {
        return _sets[owner][root].since != 0;
    }
}
