// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ITrainingLedger} from "../../../contracts/interfaces/ITrainingLedger.sol";
import {LedgerRules} from "./support/LedgerRules.sol";

/// @dev A ledger without noise.
contract JoinedInvariantsTest is LedgerRules {
    function setUp() public {
        begin(0);
    }

    /// forge-config: default.invariant.runs = 8
    function invariant_a_ledger_without_noise_keeps_its_rules() public view {
        rules();
    }

    /// @dev See LedgerInvariantsTest.
    function testTheHandlerGetsThereByEveryWay() public {
        handler.step(0, 0, false);
        handler.step(0, 3, false);
        handler.step(0, 3, true);
        equal(handler.submissions(handler.client(0)), 0);
        handler.step(0, 3, false);
        equal(handler.submissions(handler.client(0)), 1);
        handler.finish(1, true);
        equal(handler.closings(), 0);
        handler.end(3, 0);
        handler.step(0, 0, false);
        handler.pass(498, 0);
        handler.end(4, 1);
        handler.finish(1, false);
        equal(handler.closings(), 1);
        equal(handler.updates(1), 3);
        handler.step(0, 0, false);
        handler.exchange(1, false); // it was struck
        handler.step(0, 1, false);
        handler.pass(498, 0);
        handler.end(0, 0);
        isTrue(ledger.phase(2) == ITrainingLedger.Phase.Submit, "two are enough");
        handler.pass(498, 0);
        handler.end(2, 0);
        isTrue(ledger.phase(2) == ITrainingLedger.Phase.Aborted, "aborted");
        equal(handler.reached(), 122); // all but noise
    }
}
