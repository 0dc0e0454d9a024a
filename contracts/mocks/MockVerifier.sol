// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IModelVerifier} from "../interfaces/IModelVerifier.sol";

/// @title Stands in for a model's verifier in tests of what is built on the gateway
/// @notice Anyone can make its proofs, so it works on development chains only: elsewhere it can be neither created nor
/// asked. The chain is looked at in every call, so neither code that was put there in another way nor a chain that
/// changes its id gets an answer. The registry, too, takes a model of it as one with a development SRS only.
contract MockVerifier is IModelVerifier {
    /// @notice What every one of its keys is, so that none is taken for a real one's.
    bytes32 public constant keyDigest = keccak256("zkchain.mock.v1");

    /// @inheritdoc IModelVerifier
    bytes32 public immutable circuit;

    /// @notice This is no development chain.
    error OnlyOnDevnets(uint256 chainId);

    /// @dev Chain ids of anvil, hardhat and zkchain's devnet, and of geth's development mode.
    modifier onlyOnDevnets() {
        if (block.chainid != 31337 && block.chainid != 1337) revert OnlyOnDevnets(block.chainid);
        _;
    }

    /// @param circuit_ Digest of the circuit that does not exist.
    constructor(bytes32 circuit_) onlyOnDevnets {
        circuit = circuit_;
    }

    /// @inheritdoc IModelVerifier
    /// @dev The one proof that counts is of these instances, so that a test notices when it changes either.
    function verify(uint256[] calldata instances, bytes calldata proof) external view onlyOnDevnets {
        bytes32 expected = keccak256(abi.encodePacked(keyDigest, circuit, instances));
        if (keccak256(proof) != keccak256(abi.encode(expected))) revert ProofRejected();
    }
}
