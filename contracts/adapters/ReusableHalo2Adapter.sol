// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IModelVerifier} from "../interfaces/IModelVerifier.sol";
import {ISharedVerifier} from "../interfaces/ISharedVerifier.sol";
import {CodePin} from "../libraries/CodePin.sol";

/// @title The shared verifier with one circuit's key, under our interface
/// @notice The key's words are the code of a data contract, `abi.encode(bytes32[])`, whose first byte is STOP.
/// Anyone may register any key with the shared verifier, so the digest pinned here is what decides.
contract ReusableHalo2Adapter is IModelVerifier {
    /// @notice The guarded shared verifier.
    address public immutable shared;

    /// @notice The hash that the shared verifier's code must have, now and at every call.
    bytes32 public immutable sharedCodeHash;

    /// @notice The contract whose code is the key.
    address public immutable keyData;

    /// @notice The hash that the key contract's code must have at every call.
    bytes32 public immutable keyDataCodeHash;

    /// @inheritdoc IModelVerifier
    bytes32 public immutable keyDigest;

    /// @inheritdoc IModelVerifier
    bytes32 public immutable circuit;

    /// @notice The key found is not the key pinned.
    error KeyMismatch(bytes32 expected, bytes32 found);

    /// @notice Checks all parts against their pins and makes the key usable with the shared verifier.
    /// @param shared_ The guarded shared verifier.
    /// @param sharedCodeHash_ The hash its code must have.
    /// @param keyData_ The contract whose code is the key.
    /// @param keyDigest_ keccak256 of the key's words.
    /// @param circuit_ Digest of the circuit.
    constructor(address shared_, bytes32 sharedCodeHash_, address keyData_, bytes32 keyDigest_, bytes32 circuit_) {
        CodePin.check(shared_, sharedCodeHash_);
        if (keyData_.code.length == 0) revert CodePin.NoCode(keyData_);
        // The pin has refused an address without code, and so the zero address.
        // slither-disable-next-line missing-zero-check
        shared = shared_;
        sharedCodeHash = sharedCodeHash_;
        keyData = keyData_;
        keyDataCodeHash = keyData_.codehash;
        keyDigest = keyDigest_;
        circuit = circuit_;

        bytes32[] memory vka = abi.decode(keyData_.code, (bytes32[]));
        bytes32 found = keccak256(abi.encodePacked(vka));
        if (found != keyDigest_) revert KeyMismatch(keyDigest_, found);
        bytes32 registered = ISharedVerifier(shared_).registerVka(vka);
        if (registered != keyDigest_) revert KeyMismatch(keyDigest_, registered);
    }

    /// @inheritdoc IModelVerifier
    function verify(uint256[] calldata instances, bytes calldata proof) external view {
        CodePin.check(shared, sharedCodeHash);
        CodePin.check(keyData, keyDataCodeHash);
        bytes32[] memory vka = abi.decode(keyData.code, (bytes32[]));
        try ISharedVerifier(shared).verifyProof(proof, instances, vka) returns (bool ok, bytes32 used) {
            if (used != keyDigest) revert KeyMismatch(keyDigest, used);
            if (!ok) revert ProofRejected();
        } catch {
            revert ProofRejected();
        }
    }
}
