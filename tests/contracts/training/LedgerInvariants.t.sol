// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ITrainingLedger} from "../../../contracts/interfaces/ITrainingLedger.sol";
import {LedgerRules} from "./support/LedgerRules.sol";

contract LedgerInvariantsTest is LedgerRules {
    function setUp() public {
        begin(3);
    }

    /// forge-config: default.invariant.runs = 16
    function invariant_the_ledger_keeps_its_rules() public view {
        rules();
    }

    /// @dev The handler does reach what the invariants are about: over nothing they would prove nothing.
    function testTheHandlerGetsThereByEveryWay() public {
        handler.step(0, 0, false);
        next();
        handler.step(0, 3, false);
        next();
        handler.step(0, 3, true);
        equal(handler.submissions(handler.client(0)), 0);
        handler.step(0, 3, false);
        equal(handler.submissions(handler.client(0)), 1);
        handler.finish(0, false);
        handler.finish(1, true);
        equal(handler.closings(), 0);
        handler.end(3, 0);
        handler.step(0, 0, true);
        handler.step(0, 0, false);
        handler.pass(498, 0);
        handler.end(4, 0);
        handler.end(4, 1);
        handler.finish(1, false);
        equal(handler.closings(), 1);
        equal(handler.updates(1), 3);
        equal(handler.modelByClosing(), ledger.currentModel());
        handler.step(0, 0, false);
        next();
        handler.exchange(1, false);
        handler.exchange(1, true);
        handler.step(0, 2, false);
        handler.pass(498, 0);
        handler.end(1, 0);
        next();
        isTrue(ledger.phase(2) == ITrainingLedger.Phase.Submit, "two are enough");
        handler.pass(1, 65535);
        handler.end(2, 0);
        isTrue(ledger.phase(2) == ITrainingLedger.Phase.Aborted, "aborted");
        equal(handler.reached(), 124); // all but to join
    }
}
