// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ITrainingErrors} from "../../../contracts/interfaces/ITrainingErrors.sol";
import {ITrainingLedger} from "../../../contracts/interfaces/ITrainingLedger.sol";
import {CodePin} from "../../../contracts/libraries/CodePin.sol";
import {G1} from "../../../contracts/libraries/G1.sol";
import {Federation} from "./support/Federation.sol";
import {Curve} from "./support/Curve.sol";

/// @dev Points of a server's proof with two chunks: 0-1 weights, 2-3 sum, 4-5 new weights.
contract AggregationTest is Federation {
    function refused(uint256 round, bytes memory text, address[] memory some, bytes memory reason) private {
        bytes memory proof = sealServer(text);
        bytes memory points = allPoints(some, round);
        expect(reason);
        ledger.close(round, proof, some, points);
        equal(ledger.currentModel(), keccak256(model));
        isPhase(round, ITrainingLedger.Phase.Submit);
    }

    function body(address[] memory some, uint256 round) private view returns (bytes memory) {
        return bytes.concat(model, sumPoints(some, round), nextModel(round));
    }

    function other() private view returns (bytes memory) {
        return Curve.times(Curve.log("other"));
    }

    function testClosingIsSaidAndKept() public {
        uint256 round = submitted(first(4));
        bytes memory proof = serverProof(first(4), round);
        bytes memory points = allPoints(first(4), round);
        vm.expectEmit(true, true, true, true, address(ledger));
        emit ITrainingLedger.RoundClosed(round, keccak256(model), keccak256(nextModel(round)), 4, 10);
        ledger.close(round, proof, first(4), points);
        equal(ledger.currentModel(), keccak256(nextModel(round)));
        equal(ledger.modelRound(), round);
        ITrainingLedger.RoundView memory seen;
        (seen.phase, seen.members, seen.done, seen.maxEpsilon) = (ITrainingLedger.Phase.Closed, 4, 4, 10);
        equal(abi.encode(ledger.roundOf(round)), abi.encode(seen));
        expect(abi.encodeWithSelector(ITrainingErrors.WrongRound.selector, 0, round));
        ledger.close(round, proof, first(4), points);
    }

    /// forge-config: default.fuzz.runs = 32
    function testFuzzTheSumIsThatOfAnyClientsWithAnyWeights(uint8 chunks_, uint8 count, bool weighted_) public {
        (chunks, weighted, quorum) = (bounded(chunks_, 1, 3), weighted_, 1);
        start();
        address[] memory some = first(bounded(count, 1, 4));
        uint256 round = submitted(some);
        if (some.length < 4) isTrue(ledger.roundOf(round).members == some.length, "who joined");
        close(some, round);
        equal(ledger.currentModel(), keccak256(nextModel(round)));
    }

    function testWeightsMakeAnotherSum() public {
        weighted = true;
        start();
        uint256 round = submitted(first(2));
        weighted = false;
        refused(round, body(first(2), round), first(2), abi.encodeWithSelector(ITrainingErrors.SumMismatch.selector, 0));
        weighted = true;
        close(first(2), round);
    }

    function testOnlyTheCoordinatorCloses() public {
        uint256 round = submitted(first(2));
        bytes memory proof = serverProof(first(2), round);
        bytes memory points = allPoints(first(2), round);
        vm.prank(who[0]);
        expect(abi.encodeWithSelector(ITrainingErrors.NotCoordinator.selector, who[0]));
        ledger.close(round, proof, first(2), points);
    }

    // --- when --------------------------------------------------------------------------------------------------------

    function testWhileSomeCanSubmitTheRoundIsNotClosed() public {
        uint256 round = seated(first(3));
        submit(who[0], round);
        submit(who[1], round);
        uint256 deadline = ledger.roundOf(round).deadline;
        vm.warp(deadline);
        refused(
            round, body(first(2), round), first(2), abi.encodeWithSelector(ITrainingErrors.TooEarly.selector, deadline)
        );
        vm.warp(deadline + 1);
        close(first(2), round);
    }

    function testTheLastSecondForClosingCountsAndTheNextDoesNot() public {
        uint256 round = submitted(first(2));
        uint256 last = ledger.roundOf(round).deadline + CLOSE;
        vm.warp(last + 1);
        refused(round, body(first(2), round), first(2), abi.encodeWithSelector(ITrainingErrors.TooLate.selector, last));
        vm.warp(last);
        expect(ITrainingErrors.RoundCanGoOn.selector, round);
        ledger.abort(round);
        close(first(2), round);
    }

    function testARoundThatNobodyClosesCanBeAborted() public {
        uint256 round = submitted(first(2));
        vm.warp(ledger.roundOf(round).deadline + CLOSE + 1);
        vm.prank(who[3]);
        ledger.abort(round);
        isPhase(round, ITrainingLedger.Phase.Aborted);
        equal(ledger.currentModel(), keccak256(model));
        equal(ledger.roundOf(round).done, 2);
        // What was submitted was published, so it counts.
        equal(ledger.epsilonOf(who[0]), 10);
    }

    function testTooFewUpdatesAreNotClosed() public {
        uint256 round = seated(first(3));
        submit(who[0], round);
        vm.warp(ledger.roundOf(round).deadline);
        expect(ITrainingErrors.RoundCanGoOn.selector, round);
        ledger.abort(round);
        vm.warp(block.timestamp + 1);
        refused(
            round, body(first(1), round), first(1), abi.encodeWithSelector(ITrainingErrors.TooFewUpdates.selector, 2, 1)
        );
        vm.expectEmit(true, false, false, true, address(ledger));
        emit ITrainingLedger.RoundAborted(round, ITrainingLedger.Phase.Submit);
        ledger.abort(round);
    }

    // --- whose updates -----------------------------------------------------------------------------------------------

    function testEveryClientThatSubmittedIsNamed() public {
        uint256 round = submitted(first(3));
        refused(
            round,
            body(first(2), round),
            first(2),
            abi.encodeWithSelector(ITrainingErrors.WrongClientCount.selector, 3, 2)
        );
        refused(
            round,
            body(first(4), round),
            first(4),
            abi.encodeWithSelector(ITrainingErrors.WrongClientCount.selector, 3, 4)
        );
    }

    function testNobodyElseIsNamed() public {
        uint256 round = submitted(first(3));
        address[] memory some = first(3);
        some[2] = who[3];
        refused(round, body(some, round), some, abi.encodeWithSelector(ITrainingErrors.NoUpdate.selector, who[3]));
        some[2] = address(0xE4E4E4);
        refused(round, body(some, round), some, abi.encodeWithSelector(ITrainingErrors.NoUpdate.selector, some[2]));
    }

    function testOneWhoSubmittedInTheLastRoundOnlyIsNotNamed() public {
        close(first(3), submitted(first(3)));
        uint256 round = submitted(first(2));
        address[] memory some = first(2);
        some[1] = who[2];
        refused(round, body(some, round), some, abi.encodeWithSelector(ITrainingErrors.NoUpdate.selector, who[2]));
    }

    function testNobodyIsNamedTwiceNorOutOfOrder() public {
        uint256 round = submitted(first(3));
        address[] memory some = first(3);
        some[2] = who[1];
        refused(
            round, body(some, round), some, abi.encodeWithSelector(ITrainingErrors.DuplicateClient.selector, who[1])
        );
        (some[1], some[2]) = (who[2], who[1]);
        refused(
            round, body(some, round), some, abi.encodeWithSelector(ITrainingErrors.ClientsNotAscending.selector, who[1])
        );
        some[0] = address(0);
        refused(
            round, body(some, round), some, abi.encodeWithSelector(ITrainingErrors.DuplicateClient.selector, address(0))
        );
    }

    function testSwappedUpdatesAreRefused() public {
        uint256 round = submitted(first(2));
        bytes memory proof = serverProof(first(2), round);
        // The sum is the same, and each of the two is somebody's.
        bytes memory points = bytes.concat(updatePoints(who[1], round), updatePoints(who[0], round));
        expect(abi.encodeWithSelector(ITrainingErrors.WrongUpdate.selector, who[0]));
        ledger.close(round, proof, first(2), points);
    }

    /// forge-config: default.fuzz.runs = 32
    function testFuzzForgedUpdatesAreRefused(uint8 index) public {
        uint256 round = submitted(first(2));
        bytes memory proof = serverProof(first(2), round);
        uint256 at = bounded(index, 0, 3);
        bytes memory points = swapped(allPoints(first(2), round), at, other());
        expect(abi.encodeWithSelector(ITrainingErrors.WrongUpdate.selector, who[at / 2]));
        ledger.close(round, proof, first(2), points);
    }

    function testPointsHaveTheirLength() public {
        uint256 round = submitted(first(2));
        bytes memory proof = serverProof(first(2), round);
        bytes memory points = bytes.concat(allPoints(first(2), round), hex"00");
        expect(abi.encodeWithSelector(ITrainingErrors.WrongLength.selector, "points", 256, 257));
        ledger.close(round, proof, first(2), points);
    }

    // --- the server's proof ------------------------------------------------------------------------------------------

    /// forge-config: default.fuzz.runs = 32
    function testFuzzALyingSumIsRefused(uint8 chunk_, uint256 by) public {
        uint256 round = submitted(first(3));
        uint256 chunk = bounded(chunk_, 0, 1);
        uint256 sum = Curve.log("blank");
        for (uint256 i = 0; i < 3; ++i) {
            sum = addmod(sum, bareLog(who[i], round, chunk), R);
        }
        bytes memory lie = Curve.times(addmod(sum, bounded(by, 1, R - 1), R));
        bytes memory reason = keccak256(lie) == keccak256(new bytes(64))
            ? abi.encodeWithSelector(G1.NotAPoint.selector, 0, 0)
            : abi.encodeWithSelector(ITrainingErrors.SumMismatch.selector, chunk);
        refused(round, swapped(body(first(3), round), 2 + chunk, lie), first(3), reason);
    }

    function testASumWithoutOneOfThemIsRefused() public {
        uint256 round = submitted(first(3));
        bytes memory partial_ = bytes.concat(model, sumPoints(first(2), round), nextModel(round));
        refused(round, partial_, first(3), abi.encodeWithSelector(ITrainingErrors.SumMismatch.selector, 0));
    }

    /// @dev The blank counts once in a commitment, and once in a sum.
    function testASumWithTheBlankOfEachIsRefused() public {
        uint256 round = submitted(first(2));
        bytes memory naive = body(first(2), round);
        for (uint256 chunk = 0; chunk < 2; ++chunk) {
            uint256 sum = addmod(Curve.log("blank"), Curve.log("blank"), R);
            for (uint256 i = 0; i < 2; ++i) {
                sum = addmod(sum, bareLog(who[i], round, chunk), R);
            }
            naive = swapped(naive, 2 + chunk, Curve.times(sum));
        }
        refused(round, naive, first(2), abi.encodeWithSelector(ITrainingErrors.SumMismatch.selector, 0));
    }

    function testOtherWeightsAreRefused() public {
        uint256 round = submitted(first(2));
        for (uint256 index = 0; index < 2; ++index) {
            bytes memory changed = swapped(model, index, other());
            refused(
                round,
                swapped(body(first(2), round), index, other()),
                first(2),
                abi.encodeWithSelector(ITrainingErrors.WrongModel.selector, keccak256(model), keccak256(changed))
            );
        }
    }

    function testAModelOfPointsThatAreNoneIsRefused() public {
        uint256 round = submitted(first(2));
        for (uint256 index = 2; index < 6; ++index) {
            refused(
                round,
                swapped(body(first(2), round), index, new bytes(64)),
                first(2),
                abi.encodeWithSelector(G1.NotAPoint.selector, 0, 0)
            );
            refused(
                round,
                swapped(body(first(2), round), index, abi.encode(1, 3)),
                first(2),
                abi.encodeWithSelector(G1.NotAPoint.selector, 1, 3)
            );
        }
    }

    /// forge-config: default.fuzz.runs = 32
    function testFuzzAProofWithAnyByteChangedIsRefused(uint256 at, uint8 by) public {
        vm.assume(by != 0);
        uint256 round = submitted(first(2));
        bytes memory proof = serverProof(first(2), round);
        bytes memory points = allPoints(first(2), round);
        at = bounded(at, 0, proof.length - 1);
        proof[at] = bytes1(uint8(proof[at]) ^ by);
        if (at < 2 * 64) expect(wrongModel(proof, 0));
        else if (at < 6 * 64) expect(noPoint(proof, at / 64));
        else expect(abi.encodeWithSelector(ITrainingErrors.InvalidProof.selector));
        ledger.close(round, proof, first(2), points);
    }

    function testAProofOfAnotherCircuitOrNoneIsRefused() public {
        uint256 round = submitted(first(2));
        bytes memory points = allPoints(first(2), round);
        bytes memory proof = clientProof(body(first(2), round));
        expect(abi.encodeWithSelector(ITrainingErrors.InvalidProof.selector));
        ledger.close(round, proof, first(2), points);
        expect(abi.encodeWithSelector(ITrainingErrors.ProofTooShort.selector, 384, 383));
        ledger.close(round, new bytes(383), first(2), points);
    }

    function testOtherCodeInTheAdaptersPlaceIsRefused() public {
        uint256 round = submitted(first(2));
        bytes memory proof = serverProof(first(2), round);
        bytes memory points = allPoints(first(2), round);
        bytes32 pinned = address(serverCircuit).codehash;
        vm.etch(address(serverCircuit), hex"00");
        expect(
            abi.encodeWithSelector(
                CodePin.CodeHashMismatch.selector, address(serverCircuit), pinned, keccak256(hex"00")
            )
        );
        ledger.close(round, proof, first(2), points);
    }
}
