// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IModelVerifier} from "../../../contracts/interfaces/IModelVerifier.sol";

/// @dev Burns all the gas it gets, as a precompile does with a point that is on no curve.
contract GreedyVerifier is IModelVerifier {
    bytes32 public immutable circuit;
    bytes32 public immutable keyDigest;

    constructor(bytes32 circuit_, bytes32 keyDigest_) {
        (circuit, keyDigest) = (circuit_, keyDigest_);
    }

    function verify(uint256[] calldata, bytes calldata) external pure {
        while (true) {}
    }
}
