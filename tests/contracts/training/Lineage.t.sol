// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERCZKMLRegistry} from "../../../contracts/interfaces/IERCZKMLRegistry.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {ITrainingErrors} from "../../../contracts/interfaces/ITrainingErrors.sol";
import {ITrainingLedger} from "../../../contracts/interfaces/ITrainingLedger.sol";
import {Bn254} from "../../../contracts/libraries/Bn254.sol";
import {CodePin} from "../../../contracts/libraries/CodePin.sol";
import {FixedVerifier} from "../support/FixedVerifier.sol";
import {Federation} from "./support/Federation.sol";

contract LineageTest is Federation {
    uint256 private constant POSEIDON = 77;

    function weightsProof(uint256 poseidon) private view returns (bytes memory) {
        uint256[] memory instances = new uint256[](1);
        instances[0] = poseidon;
        return weightsCircuit.proofOf(instances, model);
    }

    function published(uint256 poseidon) private returns (uint256) {
        FixedVerifier adapter = new FixedVerifier("circuit", "key");
        IModelRegistry.ModelVersion memory version;
        (version.circuitDigest, version.modelDigest, version.keyDigest) = ("circuit", "model", "key");
        (version.adapter, version.adapterCodeHash) = (address(adapter), address(adapter).codehash);
        version.paramsDigest = keccak256(abi.encodePacked(poseidon));
        version.layout = IModelRegistry.Layout(2, 0, 0, 0, 1, type(uint32).max, 1, 1);
        return registry.register(version, new IModelRegistry.Range[](0));
    }

    function testTheHashOfTheWeightsIsSaidAndKept() public {
        bytes memory proof = weightsProof(POSEIDON);
        vm.expectEmit(true, true, false, true, address(ledger));
        emit ITrainingLedger.WeightsHashed(keccak256(model), 0, POSEIDON);
        vm.prank(address(0xE4E));
        ledger.hashWeights(proof, POSEIDON);
        equal(ledger.poseidonOf(keccak256(model)), POSEIDON);
        expect(abi.encodeWithSelector(ITrainingErrors.AlreadyHashed.selector, keccak256(model)));
        ledger.hashWeights(proof, POSEIDON);
    }

    function testFuzzAnotherHashIsRefused(uint256 poseidon) public {
        vm.assume(poseidon != POSEIDON);
        bytes memory proof = weightsProof(POSEIDON);
        bytes memory reason = poseidon == 0 || poseidon >= R
            ? abi.encodeWithSelector(Bn254.NotInField.selector, poseidon)
            : abi.encodeWithSelector(ITrainingErrors.InvalidProof.selector);
        expect(reason);
        ledger.hashWeights(proof, poseidon);
    }

    function testAHashThatAliasesAnotherIsRefused() public {
        bytes memory proof = weightsProof(R);
        expect(abi.encodeWithSelector(Bn254.NotInField.selector, R));
        ledger.hashWeights(proof, R);
        proof = weightsProof(R - 1);
        ledger.hashWeights(proof, R - 1);
    }

    function testTheHashOfOtherWeightsIsRefused() public {
        bytes memory old = model;
        bytes memory proof = weightsProof(POSEIDON);
        close(first(2), submitted(first(2)));
        expect(abi.encodeWithSelector(ITrainingErrors.WrongModel.selector, keccak256(model), keccak256(old)));
        ledger.hashWeights(proof, POSEIDON);
        expect(abi.encodeWithSelector(ITrainingErrors.ProofTooShort.selector, 128, 127));
        ledger.hashWeights(new bytes(127), POSEIDON);
    }

    function testOtherCodeInTheAdaptersPlaceIsRefused() public {
        bytes memory proof = weightsProof(POSEIDON);
        bytes32 pinned = address(weightsCircuit).codehash;
        vm.etch(address(weightsCircuit), hex"00");
        expect(
            abi.encodeWithSelector(
                CodePin.CodeHashMismatch.selector, address(weightsCircuit), pinned, keccak256(hex"00")
            )
        );
        ledger.hashWeights(proof, POSEIDON);
    }

    function testAPublishedModelHasItsLineage() public {
        uint256 round = submitted(first(2));
        close(first(2), round);
        bytes memory proof = weightsProof(POSEIDON);
        vm.expectEmit(true, true, false, true, address(ledger));
        emit ITrainingLedger.WeightsHashed(keccak256(model), round, POSEIDON);
        ledger.hashWeights(proof, POSEIDON);
        uint256 modelId = published(POSEIDON);
        ITrainingLedger.Lineage memory none;
        equal(abi.encode(ledger.lineageOf(modelId)), abi.encode(none));
        vm.expectEmit(true, true, true, true, address(ledger));
        emit ITrainingLedger.ModelLinked(modelId, round, keccak256(model));
        ledger.linkModel(modelId);
        bytes memory expected = abi.encode(ITrainingLedger.Lineage(uint32(round), keccak256(model), POSEIDON));
        equal(abi.encode(ledger.lineageOf(modelId)), expected);
        close(first(2), submitted(first(2)));
        equal(abi.encode(ledger.lineageOf(modelId)), expected);
        expect(ITrainingErrors.AlreadyLinked.selector, modelId);
        ledger.linkModel(modelId);
    }

    function testOnlyTheCoordinatorLinks() public {
        ledger.hashWeights(weightsProof(POSEIDON), POSEIDON);
        uint256 modelId = published(POSEIDON);
        vm.prank(who[0]);
        expect(abi.encodeWithSelector(ITrainingErrors.NotCoordinator.selector, who[0]));
        ledger.linkModel(modelId);
    }

    function testAVersionWithOtherWeightsIsNotLinked() public {
        uint256 modelId = published(POSEIDON + 1);
        ledger.hashWeights(weightsProof(POSEIDON), POSEIDON);
        expect(
            abi.encodeWithSelector(
                ITrainingErrors.ParamsDigestMismatch.selector,
                keccak256(abi.encodePacked(POSEIDON)),
                keccak256(abi.encodePacked(POSEIDON + 1))
            )
        );
        ledger.linkModel(modelId);
    }

    function testAModelWhoseHashNobodyProvedIsNotLinked() public {
        uint256 modelId = published(POSEIDON);
        expect(abi.encodeWithSelector(ITrainingErrors.NotHashed.selector, keccak256(model)));
        ledger.linkModel(modelId);
        ledger.hashWeights(weightsProof(POSEIDON), POSEIDON);
        close(first(2), submitted(first(2)));
        expect(abi.encodeWithSelector(ITrainingErrors.NotHashed.selector, keccak256(model)));
        ledger.linkModel(modelId);
    }

    function testAVersionThatWasStoppedOrNeverWasIsNotLinked() public {
        ledger.hashWeights(weightsProof(POSEIDON), POSEIDON);
        expect(abi.encodeWithSelector(IERCZKMLRegistry.ModelNotFound.selector, 5));
        ledger.linkModel(5);
        uint256 modelId = published(POSEIDON);
        registry.stop(modelId);
        expect(ITrainingErrors.VersionIsStopped.selector, modelId);
        ledger.linkModel(modelId);
    }
}
