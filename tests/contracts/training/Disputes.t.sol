// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ITrainingErrors} from "../../../contracts/interfaces/ITrainingErrors.sol";
import {ITrainingLedger} from "../../../contracts/interfaces/ITrainingLedger.sol";
import {Bn254} from "../../../contracts/libraries/Bn254.sol";
import {Federation} from "./support/Federation.sol";

contract DisputesTest is Federation {
    uint256 private round;

    function disputed(uint256 count) private {
        round = submitted(first(count));
        ledger.dispute(round);
    }

    function reveal(address client, uint256 chunk) private {
        bytes memory points = updatePoints(client, round);
        bytes memory all = basis();
        vm.prank(client);
        ledger.reveal(round, points, values(client, round, chunk), all);
    }

    function testADisputeLeavesTimeToRevealAndThenToClose() public {
        round = submitted(first(3));
        vm.warp(block.timestamp + 50);
        vm.expectEmit(true, true, false, true, address(ledger));
        emit ITrainingLedger.PhaseStarted(round, ITrainingLedger.Phase.Reveal, uint64(block.timestamp) + SUBMIT);
        ledger.dispute(round);
        uint256 last = block.timestamp + SUBMIT + CLOSE;
        ITrainingLedger.RoundView memory seen = ledger.roundOf(round);
        equal(seen.members, 3);
        equal(seen.done, 3);
        equal(seen.deadline, block.timestamp + SUBMIT);
        isTrue(seen.challenge != 0 && seen.beacon != 0, "kept");
        vm.warp(last + 1);
        bytes memory proof = serverProof(first(3), round);
        bytes memory points = allPoints(first(3), round);
        expect(ITrainingErrors.TooLate.selector, last);
        ledger.close(round, proof, first(3), points);
        vm.warp(last);
        expect(ITrainingErrors.RoundCanGoOn.selector, round);
        ledger.abort(round);
        close(first(3), round);
    }

    function testADisputeThatNobodyClosesEnds() public {
        disputed(3);
        vm.warp(ledger.roundOf(round).deadline + CLOSE + 1);
        ledger.abort(round);
        isPhase(round, ITrainingLedger.Phase.Aborted);
        equal(ledger.roundOf(round).done, 3);
    }

    function testADisputeStandsOnNoBlockHash() public {
        disputed(3);
        blocks.roll(block.number + 1000);
        expect(ITrainingErrors.RoundCanGoOn.selector, round);
        ledger.abort(round);
        close(first(3), round);
    }

    function testOnlyTheCoordinatorDisputesAndOnce() public {
        round = submitted(first(2));
        vm.prank(who[0]);
        expect(abi.encodeWithSelector(ITrainingErrors.NotCoordinator.selector, who[0]));
        ledger.dispute(round);
        ledger.dispute(round);
        expect(
            abi.encodeWithSelector(
                ITrainingErrors.WrongPhase.selector,
                uint8(ITrainingLedger.Phase.Submit),
                uint8(ITrainingLedger.Phase.Reveal)
            )
        );
        ledger.dispute(round);
    }

    function testADisputeIsForWhenTheRoundCouldBeClosed() public {
        round = seated(first(3));
        submit(who[0], round);
        uint256 deadline = ledger.roundOf(round).deadline;
        expect(ITrainingErrors.TooEarly.selector, deadline);
        ledger.dispute(round);
        vm.warp(deadline + 1);
        expect(ITrainingErrors.TooFewUpdates.selector, 2, 1);
        ledger.dispute(round);
        ledger.abort(round);
        round = submitted(first(3));
        uint256 last = ledger.roundOf(round).deadline + CLOSE;
        vm.warp(last + 1);
        expect(ITrainingErrors.TooLate.selector, last);
        ledger.dispute(round);
        vm.warp(last);
        ledger.dispute(round);
    }

    function testWithoutABasisNobodyHasToReveal() public {
        ITrainingLedger.Setup memory s = given();
        s.basisHash = 0;
        ledger = deployed(s);
        for (uint256 i = 0; i < 2; ++i) {
            ledger.enroll(who[i]);
            register(who[i]);
        }
        round = submitted(first(2));
        expect(abi.encodeWithSelector(ITrainingErrors.RevealNotSupported.selector));
        ledger.dispute(round);
    }

    function testRevealingChunkByChunkIsSaidAndKept() public {
        disputed(2);
        for (uint256 chunk = 0; chunk < 2; ++chunk) {
            vm.expectEmit(true, true, false, true, address(ledger));
            emit ITrainingLedger.UpdateRevealed(round, who[0], chunk, values(who[0], round, chunk));
            reveal(who[0], chunk);
            equal(ledger.clientOf(who[0]).revealed, chunk + 1);
        }
        bytes memory points = updatePoints(who[0], round);
        bytes memory all = basis();
        vm.prank(who[0]);
        expect(abi.encodeWithSelector(ITrainingErrors.AlreadyRevealed.selector, who[0]));
        ledger.reveal(round, points, values(who[0], round, 1), all);
    }

    /// forge-config: default.fuzz.runs = 32
    function testFuzzOtherValuesAreRefused(uint8 at, uint256 by) public {
        disputed(2);
        uint256[] memory scalars = values(who[0], round, 0);
        at = uint8(bounded(at, 0, VALUES - 1));
        scalars[at] = addmod(scalars[at], bounded(by, 1, R - 1), R);
        bytes memory points = updatePoints(who[0], round);
        bytes memory all = basis();
        vm.prank(who[0]);
        expect(abi.encodeWithSelector(ITrainingErrors.WrongOpening.selector, who[0], 0));
        ledger.reveal(round, points, scalars, all);
        vm.prank(who[0]);
        scalars = values(who[0], round, 0);
        ledger.reveal(round, points, scalars, all);
    }

    function testChunksAreRevealedInTheirOrder() public {
        disputed(2);
        bytes memory points = updatePoints(who[0], round);
        bytes memory all = basis();
        vm.prank(who[0]);
        expect(abi.encodeWithSelector(ITrainingErrors.WrongOpening.selector, who[0], 0));
        ledger.reveal(round, points, values(who[0], round, 1), all);
    }

    function testAScalarThatAliasesAnotherIsRefused() public {
        disputed(2);
        uint256[] memory scalars = values(who[0], round, 0);
        scalars[0] += R;
        bytes memory points = updatePoints(who[0], round);
        bytes memory all = basis();
        vm.prank(who[0]);
        expect(abi.encodeWithSelector(Bn254.NotInField.selector, scalars[0]));
        ledger.reveal(round, points, scalars, all);
    }

    function testAnotherBasisOrPartsOfItAreRefused() public {
        disputed(2);
        bytes memory points = updatePoints(who[0], round);
        bytes memory all = swapped(basis(), 0, cut(basis(), 1, 1));
        bytes32 expected = keccak256(basis());
        vm.prank(who[0]);
        expect(abi.encodeWithSelector(ITrainingErrors.WrongBasis.selector, expected, keccak256(all)));
        ledger.reveal(round, points, values(who[0], round, 0), all);
        all = basis();
        vm.prank(who[0]);
        expect(abi.encodeWithSelector(ITrainingErrors.WrongLength.selector, "basis", 128, 192));
        ledger.reveal(round, points, new uint256[](2), all);
    }

    /// @dev `client` reveals in this dispute what `author` had submitted in round `when`.
    function refused(address client, address author, uint256 when, bytes4 reason) private {
        bytes memory points = updatePoints(author, when);
        bytes memory all = basis();
        vm.prank(client);
        expect(abi.encodeWithSelector(reason, client));
        ledger.reveal(round, points, values(author, when, 0), all);
    }

    function testPointsOfAnotherUpdateAreRefused() public {
        disputed(2);
        refused(who[0], who[1], round, ITrainingErrors.WrongUpdate.selector);
    }

    function testOneWithoutAnUpdateRevealsNothing() public {
        disputed(2);
        vm.prank(who[2]);
        expect(abi.encodeWithSelector(ITrainingErrors.NoUpdate.selector, who[2]));
        ledger.reveal(round, "", new uint256[](0), "");
    }

    /// @dev Its stage is still that of the round in which it submitted.
    function testOneWhoseUpdateIsOfAnEarlierRoundRevealsNothing() public {
        uint256 earlier = submitted(first(3));
        close(first(3), earlier);
        disputed(2);
        refused(who[2], who[2], earlier, ITrainingErrors.NoUpdate.selector);
    }

    function testOneWhoCommittedAndDidNotSubmitIsNotStruck() public {
        round = seated(first(3));
        submit(who[0], round);
        submit(who[1], round);
        vm.warp(ledger.roundOf(round).deadline + 1);
        ledger.dispute(round);
        vm.warp(ledger.roundOf(round).deadline + 1);
        expect(abi.encodeWithSelector(ITrainingErrors.NoUpdate.selector, who[2]));
        ledger.strike(round, who[2]);
        equal(ledger.roundOf(round).done, 2);
    }

    function testTheLastSecondForRevealingCountsAndTheNextDoesNot() public {
        disputed(2);
        uint256 deadline = ledger.roundOf(round).deadline;
        vm.warp(deadline);
        reveal(who[0], 0);
        expect(ITrainingErrors.TooEarly.selector, deadline);
        ledger.strike(round, who[0]);
        vm.warp(deadline + 1);
        bytes memory points = updatePoints(who[0], round);
        bytes memory all = basis();
        vm.prank(who[0]);
        expect(ITrainingErrors.TooLate.selector, deadline);
        ledger.reveal(round, points, values(who[0], round, 1), all);
    }

    function testOneWhoWasExpelledAfterItSubmittedCanReveal() public {
        disputed(3);
        ledger.expel(who[0]);
        reveal(who[0], 0);
        reveal(who[0], 1);
        vm.warp(ledger.roundOf(round).deadline + 1);
        expect(abi.encodeWithSelector(ITrainingErrors.AlreadyRevealed.selector, who[0]));
        ledger.strike(round, who[0]);
    }

    function testWhoDoesNotRevealIsExpelledAndOutOfTheSum() public {
        disputed(4);
        for (uint256 i = 0; i < 3; ++i) {
            reveal(who[i], 0);
            reveal(who[i], 1);
        }
        reveal(who[3], 0); // not all of it
        vm.warp(ledger.roundOf(round).deadline + 1);
        vm.expectEmit(true, true, false, true, address(ledger));
        emit ITrainingLedger.ClientStruck(round, who[3]);
        vm.expectEmit(true, false, false, true, address(ledger));
        emit ITrainingLedger.ClientExpelled(who[3]);
        vm.prank(address(0xE4E));
        ledger.strike(round, who[3]);
        isTrue(!ledger.clientOf(who[3]).enrolled, "expelled");
        equal(uint256(ledger.clientOf(who[3]).stage), uint256(ITrainingLedger.Stage.Struck));
        equal(ledger.clientOf(who[3]).participations, 1);
        equal(ledger.roundOf(round).done, 3);
        expect(abi.encodeWithSelector(ITrainingErrors.NoUpdate.selector, who[3]));
        ledger.strike(round, who[3]);
        bytes memory proof = serverProof(first(4), round);
        bytes memory points = allPoints(first(4), round);
        expect(abi.encodeWithSelector(ITrainingErrors.WrongClientCount.selector, 3, 4));
        ledger.close(round, proof, first(4), points);
        close(first(3), round);
        // The next round does not wait for it.
        round = open();
        nextBlock();
        for (uint256 i = 0; i < 3; ++i) {
            commitNoise(who[i], round);
        }
        isPhase(round, ITrainingLedger.Phase.Submit);
    }

    function testStrikingOneWhoWasExpelledExpelsItOnce() public {
        disputed(3);
        ledger.expel(who[2]);
        vm.warp(ledger.roundOf(round).deadline + 1);
        ledger.strike(round, who[2]);
        close(first(2), round);
        round = open();
        nextBlock();
        commitNoise(who[0], round);
        commitNoise(who[1], round);
        isPhase(round, ITrainingLedger.Phase.Noise);
        commitNoise(who[3], round);
        isPhase(round, ITrainingLedger.Phase.Submit);
    }

    function testWithoutAQuorumOfThoseLeftTheRoundIsAborted() public {
        disputed(2);
        vm.warp(ledger.roundOf(round).deadline + 1);
        expect(ITrainingErrors.RoundCanGoOn.selector, round);
        ledger.abort(round);
        ledger.strike(round, who[0]);
        address[] memory left = new address[](1);
        left[0] = who[1];
        bytes memory proof = serverProof(left, round);
        bytes memory points = allPoints(left, round);
        expect(ITrainingErrors.TooFewUpdates.selector, 2, 1);
        ledger.close(round, proof, left, points);
        vm.expectEmit(true, false, false, true, address(ledger));
        emit ITrainingLedger.RoundAborted(round, ITrainingLedger.Phase.Reveal);
        ledger.abort(round);
        equal(ledger.roundOf(round).done, 1);
    }

    function testRevealingStartsAnewInTheNextDispute() public {
        disputed(2);
        reveal(who[0], 0);
        reveal(who[0], 1);
        close(first(2), round);
        disputed(2);
        equal(ledger.clientOf(who[0]).revealed, 0);
        reveal(who[0], 0);
        reveal(who[0], 1);
    }
}
