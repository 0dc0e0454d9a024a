// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERCZKMLRegistry} from "../../../contracts/interfaces/IERCZKMLRegistry.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {InferenceProofVerifier} from "../../../contracts/standards/InferenceProofVerifier.sol";
import {InferenceToken} from "../../../contracts/standards/InferenceToken.sol";
import {IProofVerifier} from "../../../contracts/standards/IProofVerifier.sol";
import {ModelMetadata} from "../../../contracts/standards/ModelMetadata.sol";
import {FixedVerifier} from "../support/FixedVerifier.sol";
import {GatewayCheck} from "../support/GatewayCheck.sol";

/// @dev ERC-8274 and ERC-8084: views of one model version.
contract AdaptersTest is GatewayCheck {
    InferenceProofVerifier private verifier;
    bytes32 private input = keccak256(abi.encodePacked(uint256(11), uint256(12)));
    bytes32 private output;
    bytes private proof;

    function setUp() public override {
        super.setUp();
        verifier = new InferenceProofVerifier(gateway, modelId);
        uint256[] memory s = statement(1, forAccount(ALICE));
        output = keccak256(abi.encodePacked(s[3], s[4], s[5]));
        proof = abi.encode(s, adapter.proofOf(s), forAccount(ALICE));
    }

    function testIdentifiersAreThoseOfTheDraft() public view {
        isTrue(type(IProofVerifier).interfaceId == 0x86761e49, "ERC-8274");
        isTrue(IProofVerifier.verify.selector == 0xfc2b4271, "verify");
        isTrue(verifier.supportsInterface(0x86761e49) && verifier.supportsInterface(0x01ffc9a7), "claimed");
        isTrue(!verifier.supportsInterface(0xffffffff), "the invalid id");
        equal(bytes(verifier.proofSystem()), bytes("zk/halo2-kzg-bn254"));
        equal(verifier.proofProfile(), CIRCUIT);
    }

    function testTrueForAProofAndFalseForAnythingElse() public {
        isTrue(verifier.verify(input, output, "", proof), "proved");
        isTrue(!verifier.verify(input, output, "metadata", proof), "no metadata is defined");
        isTrue(!verifier.verify(output, output, "", proof), "another input");
        isTrue(!verifier.verify(input, input, "", proof), "another output");
        isTrue(!verifier.verify(input, output, "", ""), "no proof");
        uint256[] memory s = statement(1, forAccount(ALICE));
        isTrue(!verifier.verify(input, output, "", abi.encode(s, bytes("forged"), forAccount(ALICE))), "a forged one");
        registry.stop(modelId);
        isTrue(!verifier.verify(input, output, "", proof), "a stopped model");
    }

    function testAnUnknownModelHasNoViews() public {
        bytes memory reason = abi.encodeWithSelector(IERCZKMLRegistry.ModelNotFound.selector, 7);
        vm.expectRevert(reason);
        new InferenceProofVerifier(gateway, 7);
        vm.expectRevert(reason);
        new InferenceToken(gateway, 7);
        vm.expectRevert(reason);
        new ModelMetadata(registry, 7);
    }

    function testATokenNeedsAPromptThatCanBeSeen() public {
        FixedVerifier other = new FixedVerifier(keccak256("private"), KEY);
        IModelRegistry.ModelVersion memory changed = version();
        (changed.circuitDigest, changed.adapter) = (keccak256("private"), address(other));
        changed.adapterCodeHash = address(other).codehash;
        changed.layout.inputCount = 0;
        uint256 id = registry.register(changed, none());
        vm.expectRevert(abi.encodeWithSelector(InferenceToken.PromptIsPrivate.selector, id));
        new InferenceToken(gateway, id);
    }

    function testMetadataIsReadFromTheRegistry() public {
        ModelMetadata view_ = new ModelMetadata(registry, modelId);
        equal(view_.circuitId(), CIRCUIT);
        equal(view_.circuitVersion(), 0);
        registry.setMetadata(modelId, IModelRegistry.Metadata(1 << 32, keccak256("schema"), "ipfs://s", "ipfs://k"));
        equal(view_.circuitVersion(), 1 << 32);
        equal(view_.publicInputsSchemaHash(), keccak256("schema"));
        equal(bytes(view_.publicInputsSchemaURI()), bytes("ipfs://s"));
        equal(bytes(view_.verificationKeyURI()), bytes("ipfs://k"));
        isTrue(view_.proofSystem() == 0x00000003, "Halo2");
    }
}
