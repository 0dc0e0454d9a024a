// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ITrainingErrors} from "../../../contracts/interfaces/ITrainingErrors.sol";
import {ITrainingLedger} from "../../../contracts/interfaces/ITrainingLedger.sol";
import {Federation} from "./support/Federation.sol";

contract ClientBookTest is Federation {
    address private constant EVE = address(0xE4E);
    bytes32 private constant SECRETS = "secrets";

    function testOnlyTheCoordinatorEnrolsAndExpels() public {
        bytes memory reason = abi.encodeWithSelector(ITrainingErrors.NotCoordinator.selector, EVE);
        vm.startPrank(EVE);
        expect(reason);
        ledger.enroll(EVE);
        expect(reason);
        ledger.expel(who[0]);
        vm.stopPrank();
    }

    function testEnrollingAndExpellingAreSaidAndKept() public {
        vm.expectEmit(true, false, false, true, address(ledger));
        emit ITrainingLedger.ClientEnrolled(EVE);
        ledger.enroll(EVE);
        isTrue(ledger.clientOf(EVE).enrolled, "enrolled");
        expect(abi.encodeWithSelector(ITrainingErrors.AlreadyEnrolled.selector, EVE));
        ledger.enroll(EVE);
        vm.expectEmit(true, false, false, true, address(ledger));
        emit ITrainingLedger.ClientExpelled(EVE);
        ledger.expel(EVE);
        isTrue(!ledger.clientOf(EVE).enrolled, "expelled");
        expect(abi.encodeWithSelector(ITrainingErrors.NotEnrolled.selector, EVE));
        ledger.expel(EVE);
        expect(abi.encodeWithSelector(ITrainingErrors.ZeroClient.selector));
        ledger.enroll(address(0));
    }

    function testDataIsKeptAsRegistered() public {
        ledger.enroll(EVE);
        vm.expectEmit(true, false, false, true, address(ledger));
        emit ITrainingLedger.DataRegistered(EVE, "root", 5, 6, 7, 20);
        vm.prank(EVE);
        ledger.registerData("root", 5, 6, 7, 20, SECRETS);
        ITrainingLedger.ClientView memory seen;
        (seen.enrolled, seen.root, seen.batches, seen.samples) = (true, "root", 5, 6);
        (seen.uses, seen.epsilonCap, seen.limit) = (7, 20, 10);
        (seen.secretsHash, seen.commitment) = (SECRETS, 0);
        equal(abi.encode(ledger.clientOf(EVE)), abi.encode(seen));
        equal(ledger.nextBatchOf(EVE), 0);
        equal(ledger.epsilonOf(EVE), 0);
    }

    function testDataIsRegisteredOnceForEver() public {
        bytes memory reason = abi.encodeWithSelector(ITrainingErrors.DataAlreadyRegistered.selector, who[0]);
        vm.prank(who[0]);
        expect(reason);
        ledger.registerData("other", 1, 1, 1, CAP, SECRETS);
        ledger.expel(who[0]);
        vm.prank(who[0]);
        expect(abi.encodeWithSelector(ITrainingErrors.NotEnrolled.selector, who[0]));
        ledger.registerData("other", 1, 1, 1, CAP, SECRETS);
        ledger.enroll(who[0]);
        vm.prank(who[0]);
        expect(reason);
        ledger.registerData("other", 1, 1, 1, CAP, SECRETS);
    }

    function testTheSameBatchesAreNotRegisteredTwice() public {
        bytes32 root = rootOf(who[0]);
        ledger.enroll(EVE);
        vm.prank(EVE);
        expect(abi.encodeWithSelector(ITrainingErrors.RootTaken.selector, root));
        ledger.registerData(root, BATCHES, 1, 1, CAP, SECRETS);
    }

    function testAStrangerRegistersNothing() public {
        vm.prank(EVE);
        expect(abi.encodeWithSelector(ITrainingErrors.NotEnrolled.selector, EVE));
        ledger.registerData("root", 1, 1, 1, CAP, SECRETS);
        expect(abi.encodeWithSelector(ITrainingErrors.NoData.selector, EVE));
        ledger.nextBatchOf(EVE);
    }

    function testRefusesEachFieldThatIsZero() public {
        ledger.enroll(EVE);
        vm.startPrank(EVE);
        expect(abi.encodeWithSelector(ITrainingErrors.ZeroField.selector, "root"));
        ledger.registerData(0, 1, 1, 1, CAP, SECRETS);
        expect(abi.encodeWithSelector(ITrainingErrors.ZeroField.selector, "batches"));
        ledger.registerData("root", 0, 1, 1, CAP, SECRETS);
        expect(abi.encodeWithSelector(ITrainingErrors.ZeroField.selector, "samples"));
        ledger.registerData("root", 1, 0, 1, CAP, SECRETS);
        expect(abi.encodeWithSelector(ITrainingErrors.ZeroField.selector, "uses"));
        ledger.registerData("root", 1, 1, 0, CAP, SECRETS);
        vm.stopPrank();
    }

    function testACapThatFitsNothingIsRefused() public {
        ledger.enroll(EVE);
        vm.startPrank(EVE);
        expect(abi.encodeWithSelector(ITrainingErrors.EpsilonCapUnfit.selector, 9, 10));
        ledger.registerData("root", 1, 1, 1, 9, SECRETS);
        ledger.registerData("root", 1, 1, 1, 10, SECRETS);
        vm.stopPrank();
        candidates = 0;
        ledger = deployed(given());
        ledger.enroll(EVE);
        vm.startPrank(EVE);
        expect(abi.encodeWithSelector(ITrainingErrors.EpsilonCapUnfit.selector, 1, 0));
        ledger.registerData("root", 1, 1, 1, 1, 0);
        ledger.registerData("root", 1, 1, 1, 0, 0);
        vm.stopPrank();
    }

    /// @dev The limit is what one finds by counting.
    /// forge-config: default.fuzz.runs = 32
    function testFuzzTheLimitIsThatOfSaltScheduleAndCap(uint32 batches, uint32 uses, uint64 cap, uint8 length) public {
        ITrainingLedger.Setup memory s = given();
        s.schedule = new uint64[](bounded(length, 1, 9));
        for (uint256 i = 0; i < s.schedule.length; ++i) {
            s.schedule[i] = uint64(10 + 3 * i);
        }
        cap = uint64(bounded(cap, 10, 50));
        (batches, uses) = (uint32(bounded(batches, 1, 2 ** 32 - 1)), uint32(bounded(uses, 1, 12)));
        uint256 count = 0;
        while (count < uses && count < s.schedule.length && s.schedule[count] <= cap) count += 1;
        uint256 limit = count * batches;
        ledger = deployed(s);
        ledger.enroll(EVE);
        vm.prank(EVE);
        ledger.registerData("root", batches, 1, uses, cap, SECRETS);
        equal(ledger.clientOf(EVE).limit, limit > 2 ** 32 - 1 ? 2 ** 32 - 1 : limit);
    }

    function testEachReasonForNotJoiningHasItsError() public {
        // Each batch may be used 4 times by salt and schedule, and 3 times by the cap.
        for (uint256 i = 0; i < 3 * BATCHES; ++i) {
            equal(ledger.nextBatchOf(who[0]), i % BATCHES);
            close(first(2), submitted(first(2)));
            equal(ledger.epsilonOf(who[0]), 10 * (i / BATCHES + 1));
        }
        uint256 round = open();
        nextBlock();
        vm.prank(who[0]);
        expect(abi.encodeWithSelector(ITrainingErrors.EpsilonExceeded.selector, who[0], uint64(40), CAP));
        ledger.commitNoise(round, "noise", "next");
        // The others can go on, and do not wait for the first two.
        commitNoise(who[2], round);
        isPhase(round, ITrainingLedger.Phase.Noise);
        commitNoise(who[3], round);
        isPhase(round, ITrainingLedger.Phase.Submit);
    }

    function testOneWithoutDataIsInNoRound() public {
        ledger.enroll(EVE);
        uint256 round = open();
        nextBlock();
        vm.prank(EVE);
        expect(abi.encodeWithSelector(ITrainingErrors.NoData.selector, EVE));
        ledger.commitNoise(round, "noise", "next");
        candidates = 0;
        start();
        ledger.enroll(EVE);
        round = open();
        vm.prank(EVE);
        expect(abi.encodeWithSelector(ITrainingErrors.NoData.selector, EVE));
        ledger.join(round, "update");
    }

    function testSecretsAreCommittedToWhereThereIsNoiseAndNowhereElse() public {
        ledger.enroll(EVE);
        vm.prank(EVE);
        expect(abi.encodeWithSelector(ITrainingErrors.SecretsUnfit.selector, uint8(3), bytes32(0)));
        ledger.registerData("root", 1, 1, 1, CAP, 0);
        candidates = 0;
        start();
        ledger.enroll(EVE);
        vm.prank(EVE);
        expect(abi.encodeWithSelector(ITrainingErrors.SecretsUnfit.selector, uint8(0), SECRETS));
        ledger.registerData("root", 1, 1, 1, 0, SECRETS);
        equal(ledger.clientOf(who[0]).secretsHash, 0);
    }

    function wornOut(uint32 uses, uint64 cap, bytes memory reason) private {
        model = bytes.concat(model);
        ledger = deployed(given());
        for (uint256 i = 0; i < 2; ++i) {
            ledger.enroll(who[i]);
            bytes32 root = node(who[i], 0, BATCHES);
            vm.prank(who[i]);
            ledger.registerData(root, BATCHES, 1, uses, cap, secretsHash(who[i], 0));
        }
        uint256 limit = ledger.clientOf(who[0]).limit;
        for (uint256 i = 0; i < limit; ++i) {
            close(first(2), submitted(first(2)));
        }
        uint256 round = open();
        nextBlock();
        vm.prank(who[0]);
        expect(reason);
        ledger.commitNoise(round, "noise", "next");
    }

    function testABatchWornOutIsRefused() public {
        wornOut(2, 100, abi.encodeWithSelector(ITrainingErrors.BatchWornOut.selector, who[0], 0, 2));
    }

    function testAScheduleThatEndedIsRefused() public {
        wornOut(9, 100, abi.encodeWithSelector(ITrainingErrors.ScheduleEnded.selector, who[0], 4));
    }

    function testWithoutNoiseTheSaltAloneLimits() public {
        candidates = 0;
        start();
        for (uint256 i = 0; i < 4 * BATCHES; ++i) {
            close(first(2), submitted(first(2)));
        }
        equal(ledger.epsilonOf(who[0]), 0);
        uint256 round = open();
        vm.prank(who[0]);
        expect(abi.encodeWithSelector(ITrainingErrors.BatchWornOut.selector, who[0], 0, 4));
        ledger.join(round, 0);
    }

    function testOneWhoWasExpelledAndCameBackHasSpentWhatItHad() public {
        close(first(2), submitted(first(2)));
        ledger.expel(who[0]);
        ledger.enroll(who[0]);
        equal(ledger.epsilonOf(who[0]), 10);
        equal(ledger.clientOf(who[0]).participations, 1);
        equal(ledger.nextBatchOf(who[0]), 1);
        close(first(2), submitted(first(2)));
        equal(ledger.clientOf(who[0]).participations, 2);
    }

    function testOneWhoIsExpelledWhileOthersJoinIsOutOfTheRound() public {
        candidates = 0;
        start();
        uint256 round = open();
        join(who[0], round);
        join(who[1], round);
        ledger.expel(who[0]);
        equal(ledger.roundOf(round).members, 1);
        equal(uint256(ledger.clientOf(who[0]).stage), uint256(ITrainingLedger.Stage.None));
        join(who[2], round);
        isPhase(round, ITrainingLedger.Phase.Join);
        join(who[3], round);
        isPhase(round, ITrainingLedger.Phase.Submit);
        ITrainingLedger.Update memory update = honest(who[0], round);
        vm.prank(who[0]);
        expect(abi.encodeWithSelector(ITrainingErrors.NotEnrolled.selector, who[0]));
        ledger.submit(round, update);
        ledger.enroll(who[0]);
        vm.prank(who[0]);
        expect(abi.encodeWithSelector(ITrainingErrors.NotJoined.selector, who[0]));
        ledger.submit(round, update);
    }

    function testOneWhoJoinedAnEarlierRoundIsNotTakenOutOfThisOne() public {
        candidates = 0;
        start();
        uint256 round = open();
        join(who[0], round);
        vm.warp(block.timestamp + JOIN + 1);
        ledger.abort(round);
        round = open();
        join(who[1], round);
        ledger.expel(who[0]);
        equal(ledger.roundOf(round).members, 1);
    }

    function testOneWhoCameBackInTimeJoinsAgain() public {
        candidates = 0;
        start();
        uint256 round = open();
        join(who[0], round);
        ledger.expel(who[0]);
        ledger.enroll(who[0]);
        for (uint256 i = 0; i < 4; ++i) {
            isPhase(round, ITrainingLedger.Phase.Join);
            join(who[i], round);
        }
        isPhase(round, ITrainingLedger.Phase.Submit);
    }

    function testOneWhoIsExpelledWhileOthersCommitIsOutOfTheRound() public {
        uint256 round = open();
        nextBlock();
        equal(ledger.roundOf(round).members, 4);
        commitNoise(who[0], round);
        commitNoise(who[1], round);
        ledger.expel(who[0]); // has committed
        ledger.expel(who[2]); // has not
        equal(ledger.roundOf(round).members, 2);
        equal(ledger.roundOf(round).done, 1);
        equal(uint256(ledger.clientOf(who[0]).stage), uint256(ITrainingLedger.Stage.None));
        commitNoise(who[3], round);
        isPhase(round, ITrainingLedger.Phase.Submit);
        nextBlock();
        submit(who[1], round);
        submit(who[3], round);
        address[] memory two = new address[](2);
        (two[0], two[1]) = (who[1], who[3]);
        close(two, round);
    }

    /// @dev Its secrets could have been chosen by the beacon.
    function testOneWhoComesWhileTheBeaconIsKnownWaitsForTheNextRound() public {
        uint256 round = open();
        nextBlock();
        commitNoise(who[0], round);
        ledger.enroll(EVE);
        register(EVE);
        for (uint256 i = 0; i < 2; ++i) {
            vm.prank(EVE);
            expect(abi.encodeWithSelector(ITrainingErrors.BeaconKnown.selector, EVE));
            ledger.commitNoise(round, "noise", "next");
            ledger.expel(EVE);
            equal(ledger.roundOf(round).members, 4);
            equal(ledger.roundOf(round).done, 1);
            ledger.enroll(EVE);
        }
        // One that was shut out is not let in again by a second commitment either.
        ledger.expel(who[0]);
        ledger.enroll(who[0]);
        vm.prank(who[0]);
        expect(abi.encodeWithSelector(ITrainingErrors.BeaconKnown.selector, who[0]));
        ledger.commitNoise(round, "noise", "next");
        equal(ledger.roundOf(round).members, 3);
        for (uint256 i = 1; i < 4; ++i) {
            isPhase(round, ITrainingLedger.Phase.Noise);
            commitNoise(who[i], round);
        }
        isPhase(round, ITrainingLedger.Phase.Submit);
        nextBlock();
        for (uint256 i = 1; i < 4; ++i) {
            submit(who[i], round);
        }
        address[] memory three = new address[](3);
        (three[0], three[1], three[2]) = (who[1], who[2], who[3]);
        close(three, round);
        round = open();
        nextBlock();
        equal(ledger.roundOf(round).members, 5);
        commitNoise(EVE, round);
        commitNoise(who[0], round);
    }

    function testOneWhoIsExpelledLaterTakesNoFurtherStepAndItsUpdateStays() public {
        uint256 round = seated(first(3));
        submit(who[0], round);
        ledger.expel(who[0]);
        ITrainingLedger.Update memory update = honest(who[1], round);
        ledger.expel(who[1]);
        vm.prank(who[1]);
        expect(abi.encodeWithSelector(ITrainingErrors.NotEnrolled.selector, who[1]));
        ledger.submit(round, update);
        submit(who[2], round);
        vm.warp(block.timestamp + SUBMIT + 1);
        address[] memory two = new address[](2);
        (two[0], two[1]) = (who[0], who[2]);
        close(two, round);
    }
}
