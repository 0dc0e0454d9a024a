// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IModelVerifier} from "../../../../contracts/interfaces/IModelVerifier.sol";

/// @dev An adapter whose proofs end in a seal over circuit, instances and all before it: a change of any byte breaks it.
contract SealVerifier is IModelVerifier {
    bytes32 public immutable circuit;
    bytes32 public constant keyDigest = keccak256("key");

    constructor(bytes32 circuit_) {
        circuit = circuit_;
    }

    function verify(uint256[] calldata instances, bytes calldata proof) external view {
        if (proof.length < 32) revert ProofRejected();
        uint256 end = proof.length - 32;
        if (bytes32(proof[end:]) != sealOf(instances, proof[:end])) revert ProofRejected();
    }

    function proofOf(uint256[] calldata instances, bytes calldata body) external view returns (bytes memory) {
        return bytes.concat(body, sealOf(instances, body));
    }

    function sealOf(uint256[] calldata instances, bytes calldata body) public view returns (bytes32) {
        return keccak256(abi.encode(circuit, instances, body));
    }
}
