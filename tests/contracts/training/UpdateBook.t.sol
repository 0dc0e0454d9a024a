// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ITrainingErrors} from "../../../contracts/interfaces/ITrainingErrors.sol";
import {ITrainingLedger} from "../../../contracts/interfaces/ITrainingLedger.sol";
import {CodePin} from "../../../contracts/libraries/CodePin.sol";
import {G1} from "../../../contracts/libraries/G1.sol";
import {Federation} from "./support/Federation.sol";
import {Curve} from "./support/Curve.sol";

/// @dev Points of a proof with two chunks: 0 batch, 1-2 weights, 3-4 noise, 5 factors, 6-7 update.
contract UpdateBookTest is Federation {
    uint256 private round;

    function setUp() public override {
        super.setUp();
        round = seated(first(4));
    }

    function refused(ITrainingLedger.Update memory update, bytes memory reason) private {
        vm.prank(who[0]);
        expect(reason);
        ledger.submit(round, update);
        equal(ledger.clientOf(who[0]).participations, 0);
    }

    /// @dev An honest update, sealed over a body with another point at `index`.
    function resealed(uint256 index, bytes memory point) private view returns (ITrainingLedger.Update memory update) {
        update = honest(who[0], round);
        bytes memory body = openProof(who[0], round, 0, ledger.candidateOf(who[0]));
        update.proof = clientProof(swapped(body, index, point));
    }

    function other() private view returns (bytes memory) {
        return Curve.times(Curve.log("other"));
    }

    function testAnUpdateIsSaidAndKept() public {
        uint256 chosen = ledger.candidateOf(who[0]);
        ITrainingLedger.Update memory update = honest(who[0], round);
        vm.expectEmit(true, true, false, true, address(ledger));
        emit ITrainingLedger.BeaconDrawn(round, ITrainingLedger.Phase.Submit, ledger.beaconOf(round));
        vm.expectEmit(true, true, false, true, address(ledger));
        emit ITrainingLedger.UpdateProved(
            round, who[0], 0, updatePoints(who[0], round), 10, chosen, update.secrets, update.noiseHashes[chosen]
        );
        vm.prank(who[0]);
        ledger.submit(round, update);
        ITrainingLedger.ClientView memory seen = ledger.clientOf(who[0]);
        equal(seen.participations, 1);
        equal(seen.epsilon, 10);
        equal(seen.commitment, keccak256(updatePoints(who[0], round)));
        equal(seen.secretsHash, secretsHash(who[0], round));
        equal(uint256(seen.stage), uint256(ITrainingLedger.Stage.Submitted));
        ITrainingLedger.RoundView memory at = ledger.roundOf(round);
        equal(at.done, 1);
        equal(at.maxEpsilon, 10);
        equal(ledger.nextBatchOf(who[0]), 1);
    }

    function testBatchesAreUsedInTurnAndEachHasItsPlaceInTheTree() public {
        for (uint256 i = 0; i < 4; ++i) {
            submit(who[i], round);
        }
        close(first(4), round);
        for (uint256 index = 1; index < 5; ++index) {
            round = seated(first(4));
            for (uint256 i = 0; i < 4; ++i) {
                equal(ledger.nextBatchOf(who[i]), index % BATCHES);
                submit(who[i], round);
                equal(ledger.epsilonOf(who[i]), index < BATCHES ? 10 : 20);
            }
            close(first(4), round);
        }
        equal(ledger.roundOf(round).maxEpsilon, 20);
    }

    function testARoundKeepsTheMostThatAnyOfItsClientsHadSpent() public {
        for (uint256 i = 0; i < 2; ++i) {
            submit(who[i], round);
        }
        vm.warp(ledger.roundOf(round).deadline + 1);
        close(first(2), round);
        for (uint256 i = 0; i < 2; ++i) {
            close(first(2), submitted(first(2)));
        }
        round = seated(first(3));
        submit(who[2], round);
        equal(ledger.roundOf(round).maxEpsilon, 10);
        submit(who[0], round);
        equal(ledger.roundOf(round).maxEpsilon, 20);
        vm.warp(ledger.roundOf(round).deadline + CLOSE + 1);
        ledger.abort(round);
        // The other order, and not what the last round had.
        round = seated(first(4));
        equal(ledger.roundOf(round).maxEpsilon, 0);
        submit(who[1], round);
        submit(who[3], round);
        equal(ledger.roundOf(round).maxEpsilon, 20);
    }

    function testNobodySubmitsTwice() public {
        ITrainingLedger.Update memory update = honest(who[0], round);
        submit(who[0], round);
        vm.prank(who[0]);
        expect(abi.encodeWithSelector(ITrainingErrors.AlreadySubmitted.selector, who[0]));
        ledger.submit(round, update);
    }

    function testNobodySubmitsWithoutHavingJoined() public {
        for (uint256 i = 0; i < 4; ++i) {
            submit(who[i], round);
        }
        close(first(4), round);
        round = seated(first(3));
        ITrainingLedger.Update memory update = honest(who[3], round);
        vm.prank(who[3]);
        expect(abi.encodeWithSelector(ITrainingErrors.NotJoined.selector, who[3]));
        ledger.submit(round, update);
    }

    function testTheLastSecondForSubmittingCountsAndTheNextDoesNot() public {
        uint256 deadline = ledger.roundOf(round).deadline;
        vm.warp(deadline);
        submit(who[1], round);
        ITrainingLedger.Update memory update = honest(who[0], round);
        vm.warp(deadline + 1);
        refused(update, abi.encodeWithSelector(ITrainingErrors.TooLate.selector, deadline));
    }

    /// forge-config: default.fuzz.runs = 64
    function testFuzzAProofWithAnyByteChangedIsRefused(uint256 at, uint8 by) public {
        vm.assume(by != 0);
        ITrainingLedger.Update memory update = honest(who[0], round);
        at = bounded(at, 0, update.proof.length - 1);
        update.proof[at] = bytes1(uint8(update.proof[at]) ^ by);
        refused(update, reasonOfPoint(update.proof, at / 64));
    }

    /// @dev Why the proof is refused when nothing but the point at `index` was changed, or the seal after the last.
    function reasonOfPoint(bytes memory proof, uint256 index) private view returns (bytes memory) {
        if (index == 0) return abi.encodeWithSelector(ITrainingErrors.WrongBatch.selector, who[0], 0);
        if (index == 6 || index == 7) return noPoint(proof, index);
        if (index == 1 || index == 2) return wrongModel(proof, 1);
        if (index == 5 || index == 8) return abi.encodeWithSelector(ITrainingErrors.InvalidProof.selector);
        return abi.encodeWithSelector(ITrainingErrors.WrongNoise.selector, ledger.candidateOf(who[0]));
    }

    function testAProofThatTheVerifierRefusesIsRefused() public {
        ITrainingLedger.Update memory update = honest(who[0], round);
        update.proof[update.proof.length - 1] ^= 0x01;
        refused(update, abi.encodeWithSelector(ITrainingErrors.InvalidProof.selector));
    }

    function testAProofOfAnotherCircuitIsRefused() public {
        ITrainingLedger.Update memory update = honest(who[0], round);
        bytes memory body = openProof(who[0], round, 0, ledger.candidateOf(who[0]));
        update.proof = serverCircuit.proofOf(new uint256[](0), body);
        refused(update, abi.encodeWithSelector(ITrainingErrors.InvalidProof.selector));
    }

    function testAProofWithInstancesIsAnotherProof() public {
        ITrainingLedger.Update memory update = honest(who[0], round);
        bytes memory body = openProof(who[0], round, 0, ledger.candidateOf(who[0]));
        update.proof = clientCircuit.proofOf(new uint256[](1), body);
        refused(update, abi.encodeWithSelector(ITrainingErrors.InvalidProof.selector));
    }

    function testOtherCodeInTheAdaptersPlaceIsRefused() public {
        ITrainingLedger.Update memory update = honest(who[0], round);
        bytes32 pinned = address(clientCircuit).codehash;
        bytes memory yes = hex"00"; // stops, which is to say yes
        vm.etch(address(clientCircuit), yes);
        refused(
            update,
            abi.encodeWithSelector(CodePin.CodeHashMismatch.selector, address(clientCircuit), pinned, keccak256(yes))
        );
    }

    /// forge-config: default.fuzz.runs = 64
    function testFuzzAProofShorterThanItsCommitmentsIsRefused(uint256 length) public {
        ITrainingLedger.Update memory update = honest(who[0], round);
        length = bounded(length, 0, 8 * 64 - 1);
        update.proof = new bytes(length);
        refused(update, abi.encodeWithSelector(ITrainingErrors.ProofTooShort.selector, 8 * 64, length));
    }

    // --- the batch ---------------------------------------------------------------------------------------------------

    function testAnotherBatchIsRefused() public {
        bytes memory reason = abi.encodeWithSelector(ITrainingErrors.WrongBatch.selector, who[0], 0);
        refused(resealed(0, other()), reason);
        // One of its own, in its own place in the tree, but not the one whose turn it is.
        ITrainingLedger.Update memory update = resealed(0, batch(who[0], 1));
        update.path = path(who[0], 1);
        refused(update, reason);
        // The right one by the way of another.
        update = honest(who[0], round);
        update.path = path(who[0], 1);
        refused(update, reason);
        // Another client's.
        update = resealed(0, batch(who[1], 0));
        update.path = path(who[1], 0);
        refused(update, reason);
    }

    /// forge-config: default.fuzz.runs = 64
    function testFuzzAnotherPathIsRefused(uint256 length, uint256 at, bytes32 by) public {
        vm.assume(by != 0);
        ITrainingLedger.Update memory update = honest(who[0], round);
        bytes32[] memory changed = new bytes32[](bounded(length, 0, 4));
        for (uint256 i = 0; i < changed.length; ++i) {
            changed[i] = i < update.path.length ? update.path[i] : bytes32(0);
        }
        if (changed.length == update.path.length) changed[at % changed.length] ^= by;
        update.path = changed;
        refused(update, abi.encodeWithSelector(ITrainingErrors.WrongBatch.selector, who[0], 0));
    }

    // --- the model ---------------------------------------------------------------------------------------------------

    function testOtherWeightsAreRefused() public {
        for (uint256 index = 1; index < 3; ++index) {
            bytes memory changed = swapped(model, index - 1, other());
            refused(
                resealed(index, other()),
                abi.encodeWithSelector(ITrainingErrors.WrongModel.selector, keccak256(model), keccak256(changed))
            );
        }
    }

    function testAProofOfAnEarlierRoundIsRefused() public {
        ITrainingLedger.Update memory early = honest(who[0], round);
        bytes memory old = model;
        for (uint256 i = 0; i < 4; ++i) {
            submit(who[i], round);
        }
        close(first(4), round);
        round = seated(first(4));
        ITrainingLedger.Update memory update = honest(who[0], round);
        // With everything as it should be now, but for the weights.
        bytes memory body = openProof(who[0], round, 1, ledger.candidateOf(who[0]));
        body = swapped(swapped(body, 1, cut(old, 0, 1)), 2, cut(old, 1, 1));
        update.proof = clientProof(body);
        vm.prank(who[0]);
        expect(abi.encodeWithSelector(ITrainingErrors.WrongModel.selector, keccak256(model), keccak256(old)));
        ledger.submit(round, update);
        vm.prank(who[0]);
        expect(abi.encodeWithSelector(ITrainingErrors.WrongBatch.selector, who[0], 1));
        ledger.submit(round, early);
    }

    // --- noise -------------------------------------------------------------------------------------------------------

    function testTheOtherCandidatesAreRefused() public {
        uint256 chosen = ledger.candidateOf(who[0]);
        ITrainingLedger.Update memory update = honest(who[0], round);
        for (uint256 i = 0; i < candidates; ++i) {
            if (i == chosen) continue;
            update.proof = clientProof(openProof(who[0], round, 0, i));
            refused(update, abi.encodeWithSelector(ITrainingErrors.WrongNoise.selector, chosen));
        }
        refused(resealed(3, other()), abi.encodeWithSelector(ITrainingErrors.WrongNoise.selector, chosen));
        refused(resealed(4, other()), abi.encodeWithSelector(ITrainingErrors.WrongNoise.selector, chosen));
    }

    /// forge-config: default.fuzz.runs = 64
    function testFuzzCandidatesThatNobodyCommittedToAreRefused(uint256 at, bytes32 by) public {
        vm.assume(by != 0);
        ITrainingLedger.Update memory update = honest(who[0], round);
        at = bounded(at, 0, candidates - 1);
        update.noiseHashes[at] ^= by;
        bytes32 expected = candidatesHash(who[0], round, 0);
        bytes32 all = keccak256(abi.encodePacked(update.noiseHashes));
        bytes32 found = keccak256(abi.encode(all, secretsHash(who[0], 0)));
        refused(update, abi.encodeWithSelector(ITrainingErrors.WrongCandidates.selector, expected, found));
    }

    function testCandidatesAndSecretsHaveTheirNumber() public {
        ITrainingLedger.Update memory update = honest(who[0], round);
        update.noiseHashes = new bytes32[](2);
        refused(update, abi.encodeWithSelector(ITrainingErrors.WrongLength.selector, "noiseHashes", 3, 2));
        update = honest(who[0], round);
        update.secrets = new bytes32[](4);
        refused(update, abi.encodeWithSelector(ITrainingErrors.WrongLength.selector, "secrets", 3, 4));
    }

    /// forge-config: default.fuzz.runs = 64
    function testFuzzOtherSecretsAreRefused(uint8 which, bytes32 by) public {
        vm.assume(by != 0);
        ITrainingLedger.Update memory update = honest(who[0], round);
        update.secrets[which % 3] ^= by;
        refused(update, wrongSecrets(update));
    }

    function wrongSecrets(ITrainingLedger.Update memory update) private view returns (bytes memory) {
        uint256 chosen = ledger.candidateOf(who[0]);
        bytes memory hashes;
        for (uint256 i = 0; i < candidates; ++i) {
            bytes32 word = update.secrets[i];
            hashes = bytes.concat(hashes, i == chosen ? word : keccak256(abi.encode(word)));
        }
        bytes32 expected = candidatesHash(who[0], round, 0);
        bytes32 noiseHash = keccak256(abi.encodePacked(update.noiseHashes));
        bytes32 found = keccak256(abi.encode(noiseHash, keccak256(hashes)));
        return abi.encodeWithSelector(ITrainingErrors.WrongCandidates.selector, expected, found);
    }

    function testSecretsOfAnotherNoiseAreRefused() public {
        ITrainingLedger.Update memory update = honest(who[0], round);
        uint256 chosen = ledger.candidateOf(who[0]);
        for (uint256 i = 0; i < candidates; ++i) {
            bytes32 word = secret(who[0], round, i); // those for the next noise
            update.secrets[i] = i == chosen ? keccak256(abi.encode(word)) : word;
        }
        refused(update, wrongSecrets(update));
    }

    /// @dev What was shown with an update that came too late, or in a round that came to nothing, hides nothing more.
    function testSecretsAreOfOneRoundAlone() public {
        ITrainingLedger.Update memory shown = honest(who[0], round);
        vm.warp(ledger.roundOf(round).deadline + CLOSE + 1);
        ledger.abort(round);
        round = seated(first(4));
        equal(ledger.clientOf(who[0]).commitment, candidatesHash(who[0], round, round - 1));
        ITrainingLedger.Update memory update = honest(who[0], round);
        for (uint256 i = 0; i < candidates; ++i) {
            isTrue(update.secrets[i] != shown.secrets[i], "others");
        }
        submit(who[0], round);
    }

    function testWithTheChosenSecretOpenTheUpdateIsRefused() public {
        ITrainingLedger.Update memory update = honest(who[0], round);
        uint256 chosen = ledger.candidateOf(who[0]);
        update.secrets[chosen] = secret(who[0], 0, chosen);
        refused(update, wrongSecrets(update));
    }

    function testNoiseOnAWorldWithoutIsRefused() public {
        candidates = 0;
        start();
        round = seated(first(4));
        ITrainingLedger.Update memory update = honest(who[0], round);
        update.noiseHashes = new bytes32[](1);
        refused(update, abi.encodeWithSelector(ITrainingErrors.WrongLength.selector, "noiseHashes", 0, 1));
        update = honest(who[0], round);
        update.secrets = new bytes32[](1);
        refused(update, abi.encodeWithSelector(ITrainingErrors.WrongLength.selector, "secrets", 0, 1));
    }

    /// @dev Without noise, the first has committed to `hash`, which is not its own update's, and the second is honest.
    function committedTo(bytes32 hash, address liar, address second) private {
        vm.prank(liar);
        ledger.join(round, hash);
        join(second, round);
        vm.warp(block.timestamp + JOIN + 1);
        ledger.endJoin(round);
        nextBlock();
    }

    /// forge-config: default.fuzz.runs = 32
    function testFuzzWithoutNoiseAnUpdateThatNobodyCommittedToIsRefused(bytes32 hash) public {
        candidates = 0;
        start();
        round = open();
        bytes32 own = updateHash(who[0], round);
        vm.assume(hash != own && hash != 0);
        committedTo(hash, who[0], who[1]);
        refused(honest(who[0], round), abi.encodeWithSelector(ITrainingErrors.OtherUpdate.selector, hash, own));
    }

    /// @dev The thief joins with the hash that it has seen, and then shows the proof with a path of its own.
    function testWithoutNoiseAnothersUpdateIsRefused() public {
        candidates = 0;
        start();
        round = open();
        bytes32 hash = updateHash(who[0], round);
        committedTo(hash, who[1], who[0]);
        ITrainingLedger.Update memory update = honest(who[1], round);
        bytes32 own = keccak256(abi.encodePacked(who[1], updatePoints(who[1], round)));
        bytes memory reason = abi.encodeWithSelector(ITrainingErrors.OtherUpdate.selector, hash, own);
        vm.prank(who[1]);
        vm.expectRevert(reason);
        ledger.submit(round, update);
        submit(who[0], round);
    }

    // --- the points --------------------------------------------------------------------------------------------------

    /// @dev With the others the ledger does not compute, and no proof is about a point that is none.
    function testPointsThatAreNoneAreRefused() public {
        uint256 p = G1.P;
        for (uint256 index = 6; index < 8; ++index) {
            refused(resealed(index, new bytes(64)), abi.encodeWithSelector(G1.NotAPoint.selector, 0, 0));
            refused(resealed(index, abi.encode(1, 3)), abi.encodeWithSelector(G1.NotAPoint.selector, 1, 3));
            refused(resealed(index, abi.encode(p + 1, 2)), abi.encodeWithSelector(G1.NotAPoint.selector, p + 1, 2));
            refused(resealed(index, abi.encode(1, p + 2)), abi.encodeWithSelector(G1.NotAPoint.selector, 1, p + 2));
        }
    }

    function testTheFactorsAreTheClientsOwn() public {
        ITrainingLedger.Update memory update = resealed(5, other());
        vm.prank(who[0]);
        ledger.submit(round, update);
        equal(ledger.clientOf(who[0]).commitment, keccak256(updatePoints(who[0], round)));
    }

    function testAnUpdateOfAnotherClientIsNotOnes() public {
        ITrainingLedger.Update memory update = honest(who[1], round);
        vm.prank(who[0]);
        expect(abi.encodeWithSelector(ITrainingErrors.WrongBatch.selector, who[0], 0));
        ledger.submit(round, update);
    }

    function testWhoJoinsAndDoesNotSubmitIsNotCharged() public {
        for (uint256 i = 0; i < 3; ++i) {
            submit(who[i], round);
        }
        vm.warp(ledger.roundOf(round).deadline + 1);
        close(first(3), round);
        equal(ledger.clientOf(who[3]).participations, 0);
        equal(ledger.epsilonOf(who[3]), 0);
    }
}
