// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ITrainingLedger} from "../../../contracts/interfaces/ITrainingLedger.sol";
import {Check} from "../support/Check.sol";
import {LedgerHandler} from "./support/LedgerHandler.sol";

contract LedgerInvariantsTest is Check {
    LedgerHandler private handler;
    ITrainingLedger private ledger;

    struct Selectors {
        address target;
        bytes4[] selectors;
    }

    function setUp() public {
        handler = new LedgerHandler();
        ledger = handler.at();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @dev All but the handler's own beginning.
    function targetSelectors() public view returns (Selectors[] memory targets) {
        bytes4[] memory some = new bytes4[](6);
        (some[0], some[1]) = (handler.step.selector, handler.finish.selector);
        (some[2], some[3]) = (handler.end.selector, handler.pass.selector);
        (some[4], some[5]) = (handler.exchange.selector, handler.play.selector);
        targets = new Selectors[](1);
        targets[0] = Selectors(address(handler), some);
    }

    /// forge-config: default.invariant.runs = 16
    /// @dev One campaign for all rules: each round of it costs far more than to look at what it left behind.
    function invariant_the_ledger_keeps_its_rules() public view {
        _epsilonNeverExceedsTheCapAndNeverFalls();
        _participationsAreSubmissions();
        _theModelChangesByClosingOnly();
        _aClosedRoundHasAQuorumOfUpdatesAndAllOfThem();
        _oneRoundAtATime();
        _joiningEndsWhenNobodyIsLeftWhoCould();
    }

    function _epsilonNeverExceedsTheCapAndNeverFalls() private view {
        for (uint256 i = 0; i < 4; ++i) {
            ITrainingLedger.ClientView memory one = ledger.clientOf(handler.client(i));
            isTrue(one.epsilon <= one.epsilonCap, "cap");
            equal(one.epsilon, handler.spent(handler.client(i)));
        }
        equal(handler.epsilonFell(), 0);
    }

    function _participationsAreSubmissions() private view {
        for (uint256 i = 0; i < 4; ++i) {
            address client = handler.client(i);
            ITrainingLedger.ClientView memory one = ledger.clientOf(client);
            equal(one.participations, handler.submissions(client));
            isTrue(one.participations <= one.limit, "limit");
        }
        equal(handler.joinedBeyondTheLimit(), 0);
    }

    function _theModelChangesByClosingOnly() private view {
        equal(handler.modelChangedOtherwise(), 0);
        equal(ledger.currentModel(), handler.modelByClosing());
        uint256 last = ledger.modelRound();
        if (last != 0) equal(handler.closedTo(last), ledger.currentModel());
    }

    function _aClosedRoundHasAQuorumOfUpdatesAndAllOfThem() private view {
        equal(handler.closedFalsely(), 0);
        for (uint256 round = 1; round <= ledger.currentRound(); ++round) {
            ITrainingLedger.RoundView memory seen = ledger.roundOf(round);
            isTrue((seen.phase == ITrainingLedger.Phase.Closed) == handler.closed(round), "closed");
            if (!handler.closed(round)) continue;
            isTrue(seen.done >= ledger.setup().quorum, "quorum");
            equal(seen.done, handler.updates(round));
        }
    }

    function _oneRoundAtATime() private view {
        for (uint256 round = 1; round < ledger.currentRound(); ++round) {
            isTrue(ledger.phase(round) >= ITrainingLedger.Phase.Closed, "over");
        }
    }

    function _joiningEndsWhenNobodyIsLeftWhoCould() private view {
        equal(handler.joiningEndedEarly(), 0);
    }

    function next() private {
        handler.pass(1, 0);
    }

    /// @dev The handler does reach what the invariants are about: over nothing they would prove nothing.
    function testTheHandlerGetsThereByEveryWay() public {
        handler.step(0, 0, false);
        handler.step(0, 3, false);
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
        handler.exchange(1, false);
        handler.exchange(1, true);
        handler.step(0, 2, false);
        handler.pass(498, 0);
        handler.end(0, 0);
        next();
        handler.step(0, 2, false);
        next();
        handler.pass(1, 65535);
        handler.end(2, 0);
        isTrue(ledger.phase(2) == ITrainingLedger.Phase.Aborted, "aborted");
        equal(handler.reached(), 126);
    }
}
