// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IGeneratedVerifier} from "../interfaces/IGeneratedVerifier.sol";
import {IModelVerifier} from "../interfaces/IModelVerifier.sol";
import {CodePin} from "../libraries/CodePin.sol";

/// @title One generated verifier under our interface
/// @notice Keeps generated code out of reach and pins it by code hash. The typed call re-encodes its arguments
/// canonically, which is one of the two layers that keep malformed calldata away from generated code.
contract Halo2Adapter is IModelVerifier {
    /// @notice The guarded generated verifier.
    address public immutable generated;

    /// @inheritdoc IModelVerifier
    bytes32 public immutable circuit;

    /// @inheritdoc IModelVerifier
    bytes32 public immutable keyDigest;

    /// @param generated_ The guarded generated verifier.
    /// @param codeHash_ The hash its code must have, now and at every call.
    /// @param circuit_ Digest of its circuit.
    constructor(address generated_, bytes32 codeHash_, bytes32 circuit_) {
        CodePin.check(generated_, codeHash_);
        // The pin has refused an address without code, and so the zero address.
        // slither-disable-next-line missing-zero-check
        generated = generated_;
        circuit = circuit_;
        keyDigest = codeHash_;
    }

    /// @inheritdoc IModelVerifier
    function verify(uint256[] calldata instances, bytes calldata proof) external view {
        CodePin.check(generated, keyDigest);
        try IGeneratedVerifier(generated).verifyProof(proof, instances) returns (bool ok) {
            if (!ok) revert ProofRejected();
        } catch {
            // Generated code reverts without data, so there is no reason to pass on.
            revert ProofRejected();
        }
    }
}
