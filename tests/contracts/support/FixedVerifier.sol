// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IModelVerifier} from "../../../contracts/interfaces/IModelVerifier.sol";

/// @dev An adapter whose verdict is its proof: it accepts exactly the proof keccak256(circuit, instances).
contract FixedVerifier is IModelVerifier {
    bytes32 public immutable circuit;
    bytes32 public immutable keyDigest;

    constructor(bytes32 circuit_, bytes32 keyDigest_) {
        circuit = circuit_;
        keyDigest = keyDigest_;
    }

    function verify(uint256[] calldata instances, bytes calldata proof) external view {
        if (keccak256(proof) != keccak256(proofOf(instances))) revert ProofRejected();
    }

    function proofOf(uint256[] calldata instances) public view returns (bytes memory) {
        return abi.encode(keccak256(abi.encodePacked(circuit, instances)));
    }
}
