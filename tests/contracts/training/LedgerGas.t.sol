// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ITrainingLedger} from "../../../contracts/interfaces/ITrainingLedger.sol";
import {Federation} from "./support/Federation.sol";
import {SealVerifier} from "./support/SealVerifier.sol";

/// @dev What steps cost. Those without a proof: the whole transaction. Those with one: what the transaction costs more
/// than a direct call of the adapter with the same proof, whatever that costs. Vectors of one chunk, four candidates.
contract LedgerGasTest is Federation {
    uint256 private constant JOIN_LIMIT = 60_000;
    uint256 private constant NOISE_LIMIT = 60_000;
    uint256 private constant SUBMIT_LIMIT = 90_000;
    uint256 private constant CLOSE_LIMIT = 120_000;
    uint256 private constant WEIGHTED_LIMIT = 140_000; // a multiplication of 6,000 more for each client

    uint256 private constant REVEAL_LIMIT = 30_000; // most of it shared: with more values it is less for each

    event Measured(string step, uint256 gas);

    function setUp() public override {
        (chunks, candidates) = (1, 4);
        super.setUp();
    }

    /// @dev Base and calldata of a transaction, by the prices of EIP-2028.
    function intrinsic(bytes memory data) private pure returns (uint256 gas) {
        gas = 21_000;
        for (uint256 i = 0; i < data.length; ++i) {
            gas += data[i] == 0 ? 4 : 16;
        }
    }

    function bytesOnly(bytes memory data) private pure returns (uint256) {
        return intrinsic(data) - 21_000;
    }

    /// @dev A call from a transaction of its own: forge keeps slots warm from one call to the next, so they are made
    /// cold before it. Accounts stay warm, as the target is in a transaction.
    function cost(address sender, bytes memory data) private returns (uint256 gas) {
        blocks.cool(address(ledger));
        blocks.cool(address(clientCircuit));
        blocks.cool(address(serverCircuit));
        vm.prank(sender);
        gas = gasleft();
        (bool done,) = address(ledger).call(data);
        gas -= gasleft();
        isTrue(done, "done");
        gas += intrinsic(data);
    }

    /// @dev A direct call with this proof, less what the ledger pays for an adapter that is cold to it.
    function standIn(SealVerifier adapter, bytes memory proof) private returns (uint256 gas) {
        blocks.cool(address(adapter));
        gas = gasleft();
        adapter.verify(new uint256[](0), proof);
        gas -= gasleft();
        gas = gas + 21_000 - 2_500;
    }

    function joinCost(address client, uint256 round) private returns (uint256) {
        return cost(client, abi.encodeCall(ITrainingLedger.join, (round, updateHash(client, round))));
    }

    function noiseCost(address client, uint256 round) private returns (uint256) {
        (bytes32 hash, bytes32 next) = noiseOf(client, round);
        uint256 gas = cost(client, abi.encodeCall(ITrainingLedger.commitNoise, (round, hash, next)));
        (usedIn[client][round], drawnBy[client]) = (drawnBy[client], round);
        return gas;
    }

    function submitCost(address client, uint256 round) private returns (uint256) {
        ITrainingLedger.Update memory update = honest(client, round);
        uint256 gas = cost(client, abi.encodeCall(ITrainingLedger.submit, (round, update)));
        return gas - standIn(clientCircuit, update.proof) - bytesOnly(update.proof);
    }

    function closeCost(uint256 round) private returns (uint256) {
        bytes memory proof = serverProof(first(4), round);
        bytes memory points = allPoints(first(4), round);
        uint256 gas = cost(address(this), abi.encodeCall(ITrainingLedger.close, (round, proof, first(4), points)));
        model = nextModel(round);
        return gas - standIn(serverCircuit, proof) - bytesOnly(proof);
    }

    function within(string memory step, uint256 gas, uint256 limit) private {
        emit Measured(step, gas);
        isTrue(gas <= limit, step);
    }

    /// @dev The first round writes slots that were never written, so it is the dearest.
    function testEveryStepOfEveryRoundKeepsItsLimit() public {
        for (uint256 number = 0; number < 3; ++number) {
            uint256 round = open();
            nextBlock();
            for (uint256 i = 0; i < 4; ++i) {
                within("commitNoise", noiseCost(who[i], round), NOISE_LIMIT);
            }
            nextBlock();
            for (uint256 i = 0; i < 4; ++i) {
                within("submit", submitCost(who[i], round), SUBMIT_LIMIT);
            }
            within("close", closeCost(round), CLOSE_LIMIT);
        }
    }

    function testJoiningWithoutNoiseKeepsItsLimit() public {
        candidates = 0;
        start();
        for (uint256 number = 0; number < 2; ++number) {
            uint256 round = open();
            for (uint256 i = 0; i < 4; ++i) {
                within("join", joinCost(who[i], round), JOIN_LIMIT);
            }
            for (uint256 i = 0; i < 4; ++i) {
                submit(who[i], round);
            }
            close(first(4), round);
        }
    }

    function testRevealingKeepsItsLimitForEachValue() public {
        uint256 round = submitted(first(2));
        ledger.dispute(round);
        uint256[] memory scalars = values(who[0], round, 0);
        bytes memory data =
            abi.encodeCall(ITrainingLedger.reveal, (round, updatePoints(who[0], round), scalars, basis()));
        within("reveal, each of three", cost(who[0], data) / VALUES, REVEAL_LIMIT);
    }

    function testClosingByWeightKeepsItsLimit() public {
        weighted = true;
        start();
        uint256 round = submitted(first(4));
        within("close, weighted", closeCost(round), WEIGHTED_LIMIT);
    }
}
