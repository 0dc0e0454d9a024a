// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERCZKMLRegistry} from "../../contracts/interfaces/IERCZKMLRegistry.sol";
import {IERCZKMLStorageExtension} from "../../contracts/interfaces/IERCZKMLStorageExtension.sol";
import {IERCZKMLVerifier} from "../../contracts/interfaces/IERCZKMLVerifier.sol";
import {IInferenceGateway} from "../../contracts/interfaces/IInferenceGateway.sol";
import {GatewayCheck} from "./support/GatewayCheck.sol";

/// @dev ERC-7992's verifier and its storage extension.
contract StandardInferenceTest is GatewayCheck {
    uint256[] private s;
    bytes private proof;
    bytes private output;
    bytes32 private input;
    uint256 private model;

    function setUp() public override {
        super.setUp();
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        s = statement(-3, b);
        proof = abi.encode(s, adapter.proofOf(s), b);
        output = abi.encodePacked(s[3], s[4], s[5]);
        input = gateway.inputCommitmentOf(modelId, s);
        model = registry.registerModel(commitment(registry.PROOF_SYSTEM_ID(), CIRCUIT));
    }

    function commitment(bytes4 system, bytes32 circuit) private pure returns (IERCZKMLRegistry.ModelCommitment memory) {
        return IERCZKMLRegistry.ModelCommitment(keccak256("model"), circuit, KEY, system, "");
    }

    function refused(bytes memory reason, uint256 id, bytes32 input_, bytes memory output_, bytes memory proof_)
        private
    {
        vm.prank(ALICE);
        vm.expectRevert(reason);
        gateway.verifyInference(id, input_, output_, proof_);
        vm.prank(ALICE);
        vm.expectRevert(reason);
        gateway.verifyAndStoreInference(id, input_, output_, proof_);
        equal(gateway.recordOf(gateway.statementOf(modelId, s)).recordedAt, 0);
    }

    function selected(bytes4 error) private pure returns (bytes memory) {
        return abi.encodeWithSelector(error);
    }

    function testIdentifiersAreThoseOfTheStandard() public pure {
        isTrue(type(IERCZKMLVerifier).interfaceId == 0x5df65472, "verifier");
        isTrue(type(IERCZKMLStorageExtension).interfaceId == 0x29c6ba89, "storage");
        isTrue(IERCZKMLVerifier.proofSystemOf.selector == 0xa6571c04, "proofSystemOf");
        isTrue(IERCZKMLStorageExtension.verifyAndStoreInference.selector == 0x718859d5, "verifyAndStoreInference");
        isTrue(IERCZKMLStorageExtension.getInference.selector == 0x584ee35c, "getInference");
        isTrue(IERCZKMLVerifier.InvalidProof.selector == 0x09bde339, "InvalidProof");
        isTrue(IERCZKMLVerifier.ModelMismatch.selector == 0xa407e5f7, "ModelMismatch");
        isTrue(IERCZKMLVerifier.InputCommitmentMismatch.selector == 0x67320673, "InputCommitmentMismatch");
        isTrue(IERCZKMLVerifier.OutputMismatch.selector == 0xbece19e6, "OutputMismatch");
        isTrue(IERCZKMLVerifier.UnsupportedProofSystem.selector == 0xad061ccd, "UnsupportedProofSystem");
        isTrue(IERCZKMLVerifier.VerificationRefused_ModelDeprecated.selector == 0x0edf7025, "deprecated");
        isTrue(bytes4(IERCZKMLStorageExtension.InferenceStored.selector) == 0x18ccdfac, "InferenceStored");
    }

    function testFuzzExactlyTheInterfacesThatAreThereAreClaimed(bytes4 id) public view {
        bool known = id == 0x5df65472 || id == 0x80b171ef || id == 0x29c6ba89 || id == 0x01ffc9a7
            || id == type(IInferenceGateway).interfaceId;
        isTrue(gateway.supportsInterface(id) == known, "exactly these");
        isTrue(gateway.supportsInterface(0x5df65472) && gateway.supportsInterface(0x80b171ef), "verifier");
        isTrue(gateway.supportsInterface(0x29c6ba89) && gateway.supportsInterface(0x01ffc9a7), "others");
        isTrue(!gateway.supportsInterface(0xffffffff), "the invalid id");
    }

    function testVerifiesAVersionAndAModelThatStandsForIt() public {
        for (uint256 i = 0; i < 2; ++i) {
            uint256 id = i == 0 ? modelId : model;
            super.setUp();
            s = statement(-3, forAccount(ALICE));
            id = i == 0 ? modelId : registry.registerModel(commitment(registry.PROOF_SYSTEM_ID(), CIRCUIT));
            bytes memory given = abi.encode(s, adapter.proofOf(s), forAccount(ALICE));
            bytes32 said = gateway.inputCommitmentOf(modelId, s);
            vm.expectEmit(true, true, true, true, address(gateway));
            emit IERCZKMLVerifier.InferenceVerified(id, said, output, ALICE);
            vm.prank(ALICE);
            gateway.verifyInference(id, said, output, given);
            equal(gateway.recordOf(gateway.statementOf(modelId, s)).account, ALICE);
        }
    }

    function testOneProofCountsOnceWhicheverWayItComes() public {
        vm.prank(ALICE);
        gateway.verifyInference(modelId, input, output, proof);
        bytes32 id = gateway.statementOf(modelId, s);
        bytes memory reason = abi.encodeWithSelector(IInferenceGateway.AlreadyRecorded.selector, id);
        vm.startPrank(ALICE);
        vm.expectRevert(reason);
        gateway.verifyInference(modelId, input, output, proof);
        vm.expectRevert(reason);
        gateway.verifyInference(model, input, output, proof);
        vm.expectRevert(reason);
        gateway.verifyAndStoreInference(model, input, output, proof);
        bytes memory inner = adapter.proofOf(s);
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        vm.expectRevert(reason);
        gateway.submit(modelId, s, inner, b);
        vm.stopPrank();
    }

    function testStoresAndGivesBack() public {
        bytes32 id = keccak256(abi.encodePacked(model, input, output));
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.InferenceNotFound.selector, id));
        gateway.getInference(id);
        vm.expectEmit(true, false, false, true, address(gateway));
        emit IERCZKMLStorageExtension.InferenceStored(id);
        vm.prank(ALICE);
        equal(gateway.verifyAndStoreInference(model, input, output, proof), id);
        (uint256 foundModel, bytes32 foundInput, bytes memory foundOutput) = gateway.getInference(id);
        equal(foundModel, model);
        equal(foundInput, input);
        equal(foundOutput, output);
    }

    function testFuzzAnotherInputOrOutputIsRefused(bytes32 otherInput, bytes calldata otherOutput) public {
        vm.assume(otherInput != input && keccak256(otherOutput) != keccak256(output));
        refused(selected(IERCZKMLVerifier.InputCommitmentMismatch.selector), modelId, otherInput, output, proof);
        refused(selected(IERCZKMLVerifier.OutputMismatch.selector), modelId, input, otherOutput, proof);
    }

    function testAProofThatDoesNotHoldIsRefused() public {
        bytes memory forged = abi.encode(s, bytes("forged"), forAccount(ALICE));
        refused(selected(IERCZKMLVerifier.InvalidProof.selector), modelId, input, output, forged);
    }

    function testFuzzBytesThatAreNoProofAreRefused(bytes calldata nonsense) public {
        vm.assume(nonsense.length < 64);
        refused(selected(IERCZKMLVerifier.InvalidProof.selector), modelId, input, output, nonsense);
    }

    function testFuzzAnInnerProofWithATailIsRefused(bytes calldata tail) public {
        vm.assume(tail.length != 0);
        bytes memory longer = abi.encodePacked(proof, tail);
        refused(selected(IInferenceGateway.NonCanonicalCalldata.selector), modelId, input, output, longer);
    }

    function testADeprecatedModelIsRefusedAndItsVersionIsNot() public {
        registry.deprecateModel(model);
        refused(
            abi.encodeWithSelector(IERCZKMLVerifier.VerificationRefused_ModelDeprecated.selector, model),
            model,
            input,
            output,
            proof
        );
        vm.prank(ALICE);
        gateway.verifyInference(modelId, input, output, proof);
    }

    function testAStoppedVersionIsRefusedUnderEveryId() public {
        registry.stop(modelId);
        refused(
            abi.encodeWithSelector(IERCZKMLVerifier.VerificationRefused_ModelDeprecated.selector, modelId),
            modelId,
            input,
            output,
            proof
        );
        refused(abi.encodeWithSelector(IInferenceGateway.ModelIsStopped.selector, modelId), model, input, output, proof);
    }

    function testFuzzAnotherProofSystemIsRefused(bytes4 system) public {
        vm.assume(system != registry.PROOF_SYSTEM_ID());
        uint256 other = registry.registerModel(commitment(system, CIRCUIT));
        isTrue(gateway.proofSystemOf(other) == system, "said");
        refused(
            abi.encodeWithSelector(IERCZKMLVerifier.UnsupportedProofSystem.selector, system),
            other,
            input,
            output,
            proof
        );
    }

    function testAModelWithoutAVersionIsRefused() public {
        uint256 other = registry.registerModel(commitment(registry.PROOF_SYSTEM_ID(), keccak256("nothing")));
        refused(selected(IERCZKMLVerifier.ModelMismatch.selector), other, input, output, proof);
        refused(abi.encodeWithSelector(IERCZKMLRegistry.ModelNotFound.selector, 9), 9, input, output, proof);
    }

    function testTheRegistryAndTheProofSystemAreSaid() public view {
        equal(gateway.registry(), address(registry));
        isTrue(gateway.proofSystemOf(modelId) == 0x301c92ec, "halo2-kzg-bn254-v1");
    }
}
