// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IProofVerifier} from "../standards/IProofVerifier.sol";
import {Probe} from "./Probe.sol";

/// @title What the draft of ERC-8274 demands of a proof verifier, as far as it shows without an honest proof
// A probe calls the contract it was sent to, again and again, in no order that matters; not every answer is read.
// slither-disable-start reentrancy-no-eth,reentrancy-benign,low-level-calls,calls-loop,write-after-write
contract ProofVerifierProbe is Probe {
    function _rules(address target) internal override {
        _rule165(target);
        (bool ok, bool answer) = _supports(target, type(IProofVerifier).interfaceId);
        _note("erc8274.id: supportsInterface(0x86761e49) is true", ok && answer, "");

        bytes memory found;
        (ok, found) = target.staticcall(abi.encodeCall(IProofVerifier.proofSystem, ()));
        bool named = ok && found.length >= 96 && uint256(bytes32(found)) == 32 && _wordAt(found, 1) != 0;
        _note("erc8274.system: proofSystem() is a name", named, found);
        (ok, found) = target.staticcall(abi.encodeCall(IProofVerifier.proofProfile, ()));
        _note("erc8274.profile: proofProfile() is one word", ok && found.length == 32, found);
        _nonsense(target);
    }

    function _nonsense(address target) private {
        bytes[4] memory proofs = [
            bytes(""),
            new bytes(32),
            new bytes(4096),
            abi.encode(new uint256[](3), new bytes(64), address(this), bytes32(0), uint256(0), type(uint64).max)
        ];
        bool refused = true;
        bool plain = true;
        for (uint256 i = 0; i < proofs.length; ++i) {
            (bool ok, bytes memory found) = _verify(target, "", proofs[i]);
            refused = refused && !(ok && _isTrue(found));
            plain = plain && (!ok || (found.length == 32 && uint256(bytes32(found)) <= 1));
        }
        _note("erc8274.nonsense: verify does not say true of bytes that are no proof", refused, "");
        _note("erc8274.bool: and answers with a bool, if it answers", plain, "");
        (bool done, bytes memory said) = _verify(target, "metadata that nobody defined", proofs[3]);
        _note("erc8274.metadata: nor with metadata that nobody defined", !(done && _isTrue(said)), said);
    }

    function _verify(address target, bytes memory metadata, bytes memory proof)
        private
        returns (bool ok, bytes memory found)
    {
        return target.call(abi.encodeCall(IProofVerifier.verify, (bytes32(0), bytes32(0), metadata, proof)));
    }
}
// slither-disable-end reentrancy-no-eth,reentrancy-benign,low-level-calls,calls-loop,write-after-write
