// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ITrainingErrors} from "../../../contracts/interfaces/ITrainingErrors.sol";
import {ITrainingLedger} from "../../../contracts/interfaces/ITrainingLedger.sol";
import {Federation} from "./support/Federation.sol";

contract RoundClockTest is Federation {
    address private constant EVE = address(0xE4E);

    function wrongPhase(ITrainingLedger.Phase expected, ITrainingLedger.Phase found)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(ITrainingErrors.WrongPhase.selector, uint8(expected), uint8(found));
    }

    // --- opening -----------------------------------------------------------------------------------------------------

    /// @dev A ledger without noise, where rounds are joined.
    function bare() private {
        candidates = 0;
        start();
    }

    function testOpeningAsksForNoiseOfAllWhoCan() public {
        ledger.expel(who[3]);
        vm.expectEmit(true, false, false, true, address(ledger));
        emit ITrainingLedger.RoundOpened(1, keccak256(model));
        vm.expectEmit(true, true, false, true, address(ledger));
        emit ITrainingLedger.PhaseStarted(1, ITrainingLedger.Phase.Noise, uint64(block.timestamp) + NOISE);
        equal(ledger.openRound(), 1);
        ITrainingLedger.RoundView memory seen;
        (seen.phase, seen.members) = (ITrainingLedger.Phase.Noise, 3);
        (seen.deadline, seen.sealBlock) = (uint64(block.timestamp) + NOISE, uint64(block.number));
        equal(abi.encode(ledger.roundOf(1)), abi.encode(seen));
    }

    function testWithoutNoiseOpeningBeginsToJoin() public {
        bare();
        vm.expectEmit(true, false, false, true, address(ledger));
        emit ITrainingLedger.RoundOpened(1, keccak256(model));
        vm.expectEmit(true, true, false, true, address(ledger));
        emit ITrainingLedger.PhaseStarted(1, ITrainingLedger.Phase.Join, uint64(block.timestamp) + JOIN);
        equal(ledger.openRound(), 1);
        equal(ledger.currentRound(), 1);
        ITrainingLedger.RoundView memory seen;
        seen.phase = ITrainingLedger.Phase.Join;
        (seen.deadline, seen.sealBlock) = (uint64(block.timestamp) + JOIN, uint64(block.number));
        equal(abi.encode(ledger.roundOf(1)), abi.encode(seen));
    }

    function testOnlyTheCoordinatorOpensAndOneRoundAtATime() public {
        vm.prank(EVE);
        expect(abi.encodeWithSelector(ITrainingErrors.NotCoordinator.selector, EVE));
        ledger.openRound();
        open();
        expect(abi.encodeWithSelector(ITrainingErrors.RoundIsOpen.selector, 1));
        ledger.openRound();
    }

    function testFuzzNothingIsDoneInAnotherRound(uint256 round) public {
        vm.assume(round != 1);
        for (uint256 i = 0; i < 2; ++i) {
            bytes memory reason = abi.encodeWithSelector(ITrainingErrors.WrongRound.selector, i, round);
            expect(reason);
            ledger.join(round, "");
            expect(reason);
            ledger.endJoin(round);
            expect(reason);
            ledger.commitNoise(round, "", "");
            expect(reason);
            ledger.endNoise(round);
            expect(reason);
            ledger.draw(round);
            expect(reason);
            ledger.beaconOf(round);
            expect(reason);
            ledger.abort(round);
            expect(reason);
            ledger.dispute(round);
            expect(reason);
            ledger.strike(round, EVE);
            expect(reason);
            ledger.close(round, "", new address[](0), "");
            if (i == 0) open();
        }
        isPhase(round, ITrainingLedger.Phase.None);
    }

    /// forge-config: default.fuzz.runs = 32
    function testFuzzEveryStepHasItsPhase(uint8 step) public {
        ITrainingLedger.Phase here = ITrainingLedger.Phase(bounded(step, 1, 4));
        if (here == ITrainingLedger.Phase.Join) bare();
        uint256 round = open();
        nextBlock();
        if (here >= ITrainingLedger.Phase.Submit) {
            for (uint256 i = 0; i < 4; ++i) {
                commitNoise(who[i], round);
            }
            nextBlock();
        }
        if (here == ITrainingLedger.Phase.Reveal) {
            for (uint256 i = 0; i < 4; ++i) {
                submit(who[i], round);
            }
            ledger.dispute(round);
        }
        isPhase(round, here);
        if (here != ITrainingLedger.Phase.Join) {
            expect(wrongPhase(ITrainingLedger.Phase.Join, here));
            ledger.join(round, "");
            expect(wrongPhase(ITrainingLedger.Phase.Join, here));
            ledger.endJoin(round);
        }
        if (here != ITrainingLedger.Phase.Noise) {
            expect(wrongPhase(ITrainingLedger.Phase.Noise, here));
            ledger.commitNoise(round, "", "");
            expect(wrongPhase(ITrainingLedger.Phase.Noise, here));
            ledger.endNoise(round);
        }
        if (here != ITrainingLedger.Phase.Submit) {
            ITrainingLedger.Update memory none;
            expect(wrongPhase(ITrainingLedger.Phase.Submit, here));
            ledger.submit(round, none);
            expect(wrongPhase(ITrainingLedger.Phase.Submit, here));
            ledger.dispute(round);
        }
        if (here != ITrainingLedger.Phase.Reveal) {
            expect(wrongPhase(ITrainingLedger.Phase.Reveal, here));
            ledger.reveal(round, "", new uint256[](0), "");
            expect(wrongPhase(ITrainingLedger.Phase.Reveal, here));
            ledger.strike(round, EVE);
        }
        if (here < ITrainingLedger.Phase.Submit) {
            expect(wrongPhase(ITrainingLedger.Phase.Submit, here));
            ledger.close(round, "", new address[](0), "");
        }
        if (here == ITrainingLedger.Phase.Join || here == ITrainingLedger.Phase.Reveal) {
            expect(ITrainingErrors.NothingToDraw.selector, round);
            ledger.draw(round);
            expect(ITrainingErrors.NothingToDraw.selector, round);
            ledger.beaconOf(round);
        }
    }

    // --- joining -----------------------------------------------------------------------------------------------------

    function testJoiningIsSaidAndKept() public {
        bare();
        uint256 round = open();
        bytes32 hash = updateHash(who[0], round);
        vm.expectEmit(true, true, false, true, address(ledger));
        emit ITrainingLedger.ClientJoined(round, who[0], hash);
        join(who[0], round);
        ITrainingLedger.ClientView memory seen = ledger.clientOf(who[0]);
        equal(seen.secretsHash, hash);
        equal(seen.commitment, 0);
        equal(seen.round, round);
        equal(uint256(seen.stage), uint256(ITrainingLedger.Stage.Joined));
        equal(ledger.roundOf(round).members, 1);
    }

    function testNobodyJoinsTwiceNorWithoutBeingEnrolled() public {
        bare();
        uint256 round = open();
        join(who[0], round);
        vm.prank(who[0]);
        expect(abi.encodeWithSelector(ITrainingErrors.AlreadyJoined.selector, who[0]));
        ledger.join(round, "other");
        vm.prank(EVE);
        expect(abi.encodeWithSelector(ITrainingErrors.NotEnrolled.selector, EVE));
        ledger.join(round, "secrets");
    }

    function testNobodyJoinsWithoutACommitment() public {
        bare();
        uint256 round = open();
        vm.prank(who[0]);
        expect(abi.encodeWithSelector(ITrainingErrors.ZeroField.selector, "updateHash"));
        ledger.join(round, 0);
    }

    function testTheLastSecondForJoiningCountsAndTheNextDoesNot() public {
        bare();
        uint256 round = open();
        uint256 deadline = block.timestamp + JOIN;
        vm.warp(deadline);
        join(who[0], round);
        expect(ITrainingErrors.TooEarly.selector, deadline);
        ledger.endJoin(round);
        vm.warp(deadline + 1);
        bytes32 hash = updateHash(who[1], round);
        vm.prank(who[1]);
        expect(ITrainingErrors.TooLate.selector, deadline);
        ledger.join(round, hash);
    }

    function testTheLastWhoCanJoinEndsThePhase() public {
        bare();
        uint256 round = open();
        for (uint256 i = 0; i < 4; ++i) {
            isPhase(round, ITrainingLedger.Phase.Join);
            if (i == 3) {
                blocks.roll(2000);
                vm.expectEmit(true, true, false, true, address(ledger));
                emit ITrainingLedger.PhaseStarted(round, ITrainingLedger.Phase.Submit, uint64(block.timestamp) + SUBMIT);
            }
            join(who[i], round);
        }
        isPhase(round, ITrainingLedger.Phase.Submit);
        equal(ledger.roundOf(round).sealBlock, 2000);
    }

    function testAllWithoutAQuorumWaitForOthers() public {
        quorum = 4;
        bare();
        ledger.expel(who[3]);
        uint256 round = open();
        for (uint256 i = 0; i < 3; ++i) {
            join(who[i], round);
        }
        isPhase(round, ITrainingLedger.Phase.Join);
        ledger.enroll(who[3]);
        join(who[3], round);
        isPhase(round, ITrainingLedger.Phase.Submit);
    }

    function testOneWhoRegistersMeanwhileIsWaitedFor() public {
        bare();
        uint256 round = open();
        ledger.enroll(EVE);
        for (uint256 i = 0; i < 3; ++i) {
            join(who[i], round);
        }
        register(EVE);
        join(who[3], round);
        isPhase(round, ITrainingLedger.Phase.Join);
        join(EVE, round);
        isPhase(round, ITrainingLedger.Phase.Submit);
    }

    function testOneWhoRegistersWhileOthersJoinMayJoin() public {
        bare();
        uint256 round = open();
        join(who[0], round);
        ledger.enroll(EVE);
        register(EVE);
        equal(ledger.clientOf(EVE).round, 0);
        join(EVE, round);
        equal(ledger.roundOf(round).members, 2);
    }

    function testMoreThanAQuorumGoOnWithoutTheRest() public {
        bare();
        uint256 round = open();
        for (uint256 i = 0; i < 3; ++i) {
            join(who[i], round);
        }
        vm.warp(block.timestamp + JOIN + 1);
        ledger.endJoin(round);
        isPhase(round, ITrainingLedger.Phase.Submit);
        equal(ledger.roundOf(round).members, 3);
    }

    function testAfterTheDeadlineAnyoneEndsJoining() public {
        bare();
        uint256 round = open();
        join(who[0], round);
        join(who[1], round);
        vm.warp(block.timestamp + JOIN + 1);
        expect(ITrainingErrors.RoundCanGoOn.selector, round);
        ledger.abort(round);
        vm.prank(EVE);
        ledger.endJoin(round);
        isPhase(round, ITrainingLedger.Phase.Submit);
        equal(ledger.roundOf(round).members, 2);
    }

    function testWithoutAQuorumTheRoundIsAborted() public {
        bare();
        for (uint256 i = 0; i < 2; ++i) {
            uint256 round = open();
            join(who[0], round);
            expect(ITrainingErrors.RoundCanGoOn.selector, round);
            ledger.abort(round);
            vm.warp(block.timestamp + JOIN + 1);
            vm.expectEmit(true, false, false, true, address(ledger));
            emit ITrainingLedger.RoundAborted(round, ITrainingLedger.Phase.Join);
            if (i == 0) ledger.endJoin(round);
            else ledger.abort(round);
            isPhase(round, ITrainingLedger.Phase.Aborted);
            ITrainingLedger.RoundView memory seen;
            (seen.phase, seen.members) = (ITrainingLedger.Phase.Aborted, 1);
            equal(abi.encode(ledger.roundOf(round)), abi.encode(seen));
        }
        equal(ledger.currentModel(), keccak256(model));
        equal(open(), 3);
        join(who[0], 3);
    }

    // --- noise -------------------------------------------------------------------------------------------------------

    /// @dev The block in which the phase began, which is this one. From the ledger, for a compiler may read the number of
    /// the block again where it is used, and the tests change it in between.
    function sealedNow(uint256 round) private view returns (uint256 sealBlock) {
        sealBlock = ledger.roundOf(round).sealBlock;
        equal(sealBlock, block.number);
    }

    function testTheBeaconIsTheHashOfTheBlockInWhichTheRoundWasOpened() public {
        uint256 round = open();
        uint256 sealBlock = sealedNow(round);
        expect(ITrainingErrors.BeaconPending.selector, sealBlock);
        ledger.beaconOf(round);
        vm.prank(who[0]);
        expect(ITrainingErrors.BeaconPending.selector, sealBlock);
        ledger.commitNoise(round, "noise", "next");
        expect(ITrainingErrors.BeaconPending.selector, sealBlock);
        ledger.draw(round);
        nextBlock();
        bytes32 beacon = blockhash(sealBlock);
        isTrue(beacon != 0, "a hash");
        equal(ledger.beaconOf(round), beacon);
        equal(ledger.roundOf(round).beacon, 0);
        (bytes32 hash,) = noiseOf(who[0], round);
        vm.expectEmit(true, true, false, true, address(ledger));
        emit ITrainingLedger.BeaconDrawn(round, ITrainingLedger.Phase.Noise, beacon);
        vm.expectEmit(true, true, false, true, address(ledger));
        emit ITrainingLedger.NoiseCommitted(round, who[0], hash);
        commitNoise(who[0], round);
        equal(ledger.roundOf(round).beacon, beacon);
        equal(ledger.clientOf(who[0]).commitment, candidatesHash(who[0], round, 0));
        equal(ledger.clientOf(who[0]).secretsHash, secretsHash(who[0], round));
        equal(ledger.roundOf(round).done, 1);
        equal(uint256(ledger.clientOf(who[0]).stage), uint256(ITrainingLedger.Stage.Committed));
        // Kept for good, also when the chain has forgotten it.
        blocks.roll(sealBlock + 1000);
        equal(ledger.beaconOf(round), beacon);
        commitNoise(who[1], round);
        expect(ITrainingErrors.NothingToDraw.selector, round);
        ledger.draw(round);
        // The beacon draws no candidate.
        expect(wrongPhase(ITrainingLedger.Phase.Submit, ITrainingLedger.Phase.Noise));
        ledger.candidateOf(who[0]);
    }

    function testAnyoneKeepsTheBeaconForThoseWhoAreSlow() public {
        uint256 round = open();
        nextBlock();
        bytes32 beacon = ledger.beaconOf(round);
        vm.prank(EVE);
        ledger.draw(round);
        blocks.roll(block.number + 1000);
        for (uint256 i = 0; i < 4; ++i) {
            commitNoise(who[i], round);
        }
        equal(ledger.roundOf(round).beacon, beacon);
        nextBlock();
        bytes32 challenge = ledger.beaconOf(round);
        isTrue(challenge != beacon, "another");
        equal(ledger.roundOf(round).challenge, 0);
        equal(ledger.roundOf(round).beacon, beacon);
        ledger.draw(round);
        blocks.roll(block.number + 1000);
        equal(ledger.beaconOf(round), challenge);
        equal(ledger.roundOf(round).challenge, challenge);
        submit(who[0], round);
    }

    function testABeaconThatNobodyKeptIsLostAndSoIsTheRound() public {
        uint256 round = open();
        uint256 sealBlock = sealedNow(round);
        blocks.roll(sealBlock + 256);
        isTrue(ledger.beaconOf(round) != 0, "the last block that has it");
        expect(ITrainingErrors.RoundCanGoOn.selector, round);
        ledger.abort(round);
        blocks.roll(sealBlock + 257);
        expect(ITrainingErrors.BeaconLost.selector, sealBlock);
        ledger.beaconOf(round);
        vm.prank(who[0]);
        expect(ITrainingErrors.BeaconLost.selector, sealBlock);
        ledger.commitNoise(round, "noise", "next");
        vm.prank(EVE);
        ledger.abort(round);
        isPhase(round, ITrainingLedger.Phase.Aborted);
    }

    function testAChallengeThatNobodyKeptIsLostAndSoIsTheRound() public {
        uint256 round = open();
        nextBlock();
        for (uint256 i = 0; i < 4; ++i) {
            commitNoise(who[i], round);
        }
        uint256 sealBlock = sealedNow(round);
        expect(ITrainingErrors.BeaconPending.selector, sealBlock);
        ledger.candidateOf(who[0]);
        blocks.roll(sealBlock + 256);
        ITrainingLedger.Update memory update = honest(who[0], round);
        expect(ITrainingErrors.RoundCanGoOn.selector, round);
        ledger.abort(round);
        blocks.roll(sealBlock + 257);
        vm.prank(who[0]);
        expect(ITrainingErrors.BeaconLost.selector, sealBlock);
        ledger.submit(round, update);
        ledger.abort(round);
        isPhase(round, ITrainingLedger.Phase.Aborted);
        equal(ledger.clientOf(who[0]).participations, 0);
    }

    function testNobodyCommitsTwiceNorWithoutBeingEnrolled() public {
        uint256 round = open();
        nextBlock();
        commitNoise(who[0], round);
        vm.prank(who[0]);
        expect(abi.encodeWithSelector(ITrainingErrors.NoiseAlreadyCommitted.selector, who[0]));
        ledger.commitNoise(round, "other", "next");
        vm.prank(EVE);
        expect(abi.encodeWithSelector(ITrainingErrors.NotEnrolled.selector, EVE));
        ledger.commitNoise(round, "noise", "next");
    }

    function testNobodyCommitsToNoiseWithoutSecretsForTheNext() public {
        uint256 round = open();
        nextBlock();
        vm.prank(who[0]);
        expect(abi.encodeWithSelector(ITrainingErrors.ZeroField.selector, "nextSecrets"));
        ledger.commitNoise(round, "noise", 0);
    }

    function testOneWhoWasInTheLastRoundIsNotInThisOne() public {
        close(first(2), submitted(first(2)));
        uint256 round = open();
        nextBlock();
        commitNoise(who[2], round);
        commitNoise(who[3], round);
        vm.warp(block.timestamp + NOISE + 1);
        ledger.endNoise(round);
        nextBlock();
        ITrainingLedger.Update memory update = honest(who[0], round);
        vm.prank(who[0]);
        expect(abi.encodeWithSelector(ITrainingErrors.NotJoined.selector, who[0]));
        ledger.submit(round, update);
    }

    function testTheLastWhoCanCommitEndsThePhase() public {
        uint256 round = open();
        nextBlock();
        for (uint256 i = 0; i < 4; ++i) {
            isPhase(round, ITrainingLedger.Phase.Noise);
            if (i == 3) {
                blocks.roll(1200);
                vm.expectEmit(true, true, false, true, address(ledger));
                emit ITrainingLedger.PhaseStarted(round, ITrainingLedger.Phase.Submit, uint64(block.timestamp) + SUBMIT);
            }
            commitNoise(who[i], round);
        }
        isPhase(round, ITrainingLedger.Phase.Submit);
        ITrainingLedger.RoundView memory seen = ledger.roundOf(round);
        (uint256 members, uint256 done) = (seen.members, seen.done);
        equal(members, 4);
        equal(done, 0);
        equal(seen.sealBlock, 1200);
    }

    function testCommitmentsWithoutAQuorumWaitForTheDeadline() public {
        quorum = 3;
        start();
        ledger.expel(who[3]);
        ledger.expel(who[2]);
        uint256 round = open();
        nextBlock();
        commitNoise(who[0], round);
        commitNoise(who[1], round);
        isPhase(round, ITrainingLedger.Phase.Noise);
        vm.warp(block.timestamp + NOISE + 1);
        ledger.endNoise(round);
        isPhase(round, ITrainingLedger.Phase.Aborted);
    }

    function testOneWhoCommitsTooLateIsOutOfTheRound() public {
        uint256 round = open();
        uint256 deadline = block.timestamp + NOISE;
        nextBlock();
        for (uint256 i = 0; i < 2; ++i) {
            commitNoise(who[i], round);
        }
        vm.warp(deadline);
        commitNoise(who[2], round);
        expect(ITrainingErrors.TooEarly.selector, deadline);
        ledger.endNoise(round);
        vm.warp(deadline + 1);
        vm.prank(who[3]);
        expect(ITrainingErrors.TooLate.selector, deadline);
        ledger.commitNoise(round, "noise", "next");
        // However late: those who committed can go on, and no submission is due yet.
        vm.warp(deadline + CLOSE + 1);
        expect(ITrainingErrors.RoundCanGoOn.selector, round);
        ledger.abort(round);
        vm.expectEmit(true, true, false, true, address(ledger));
        emit ITrainingLedger.PhaseStarted(round, ITrainingLedger.Phase.Submit, uint64(block.timestamp) + SUBMIT);
        vm.prank(EVE);
        ledger.endNoise(round);
        ITrainingLedger.RoundView memory seen = ledger.roundOf(round);
        equal(seen.members, 3);
        equal(seen.done, 0);
        nextBlock();
        ITrainingLedger.Update memory update = honest(who[3], round);
        vm.prank(who[3]);
        expect(abi.encodeWithSelector(ITrainingErrors.NotJoined.selector, who[3]));
        ledger.submit(round, update);
        for (uint256 i = 0; i < 3; ++i) {
            submit(who[i], round);
        }
        close(first(3), round);
    }

    function testTooFewCandidatesAbortTheRound() public {
        for (uint256 i = 0; i < 2; ++i) {
            uint256 round = open();
            nextBlock();
            commitNoise(who[0], round);
            expect(ITrainingErrors.RoundCanGoOn.selector, round);
            ledger.abort(round);
            vm.warp(block.timestamp + NOISE + 1);
            vm.expectEmit(true, false, false, true, address(ledger));
            emit ITrainingLedger.RoundAborted(round, ITrainingLedger.Phase.Noise);
            if (i == 0) ledger.endNoise(round);
            else ledger.abort(round);
            isPhase(round, ITrainingLedger.Phase.Aborted);
            equal(ledger.roundOf(round).done, 0);
            equal(ledger.clientOf(who[0]).participations, 0);
        }
    }

    function testWithoutNoiseSubmissionsFollowJoining() public {
        candidates = 0;
        start();
        uint256 round = open();
        for (uint256 i = 0; i < 4; ++i) {
            join(who[i], round);
        }
        isPhase(round, ITrainingLedger.Phase.Submit);
        expect(ITrainingErrors.NothingToDraw.selector, round);
        ledger.draw(round);
        expect(ITrainingErrors.NothingToDraw.selector, round);
        ledger.candidateOf(who[0]);
        // No chance, so no block that must not be lost.
        blocks.roll(block.number + 1000);
        expect(ITrainingErrors.RoundCanGoOn.selector, round);
        ledger.abort(round);
        for (uint256 i = 0; i < 4; ++i) {
            submit(who[i], round);
        }
        equal(ledger.roundOf(round).challenge, 0);
        close(first(4), round);
    }

    /// @dev Nobody is favoured, and the candidate is what the interface says.
    function testTheCandidateFollowsFromChallengeAndClient() public {
        uint256 round = open();
        nextBlock();
        for (uint256 i = 0; i < 4; ++i) {
            commitNoise(who[i], round);
        }
        nextBlock();
        bytes32 challenge = ledger.beaconOf(round);
        for (uint256 i = 0; i < 4; ++i) {
            equal(ledger.candidateOf(who[i]), uint256(keccak256(abi.encode(challenge, who[i]))) % 3);
        }
    }
}
