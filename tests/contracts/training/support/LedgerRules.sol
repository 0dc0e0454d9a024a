// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ITrainingLedger} from "../../../../contracts/interfaces/ITrainingLedger.sol";
import {Check} from "../../support/Check.sol";
import {LedgerHandler} from "./LedgerHandler.sol";

/// @dev What holds of a ledger whatever is done to it, with noise and without.
abstract contract LedgerRules is Check {
    LedgerHandler internal handler;
    ITrainingLedger internal ledger;

    struct Selectors {
        address target;
        bytes4[] selectors;
    }

    function begin(uint8 candidates) internal {
        handler = new LedgerHandler(candidates);
        ledger = handler.at();
    }

    function next() internal {
        handler.pass(1, 0);
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

    /// @dev One campaign for all rules: each round of it costs far more than to look at what it left behind.
    function rules() internal view {
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
}
