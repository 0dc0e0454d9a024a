// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {CreditGate} from "../../../contracts/consumers/CreditGate.sol";
import {SensorSwitch} from "../../../contracts/consumers/SensorSwitch.sol";
import {TrainedConsumer} from "../../../contracts/consumers/TrainedConsumer.sol";
import {TrainedCreditGate} from "../../../contracts/consumers/TrainedCreditGate.sol";
import {TrainedSensorSwitch} from "../../../contracts/consumers/TrainedSensorSwitch.sol";
import {TrainedTriageRouter} from "../../../contracts/consumers/TrainedTriageRouter.sol";
import {TrainedCheck} from "../support/TrainedCheck.sol";

/// @dev The stories' contracts do what the plain ones do while the model is current, and nothing new after that.
contract TrainedStoriesTest is TrainedCheck {
    /// @dev One more round; what is said after it, of the model before.
    function outdated() private returns (bytes memory) {
        bytes32 old = keccak256(model);
        train();
        return abi.encodeWithSelector(TrainedConsumer.ModelNotCurrent.selector, keccak256(model), old);
    }

    function testCasesAreRoutedWhileTheModelIsCurrent() public {
        TrainedTriageRouter router = new TrainedTriageRouter(gateway, modelId, 5, 1 days, ledger);
        equal(router.urgentFrom(), 5);
        equal(router.maxAge(), 1 days);
        uint256[] memory urgent = recorded(modelId, 100, 5);
        uint256[] memory late = recorded(modelId, 100, 4);
        vm.prank(ALICE);
        (uint256 queue,) = router.route(urgent);
        equal(queue, router.URGENT());
        bytes memory reason = outdated();
        vm.prank(ALICE);
        expect(reason);
        router.route(late);
        equal(router.queueLength(1), 1);
        equal(router.queueLength(0), 0);
    }

    function testLinesAreOpenedWhileTheModelIsCurrentAndStay() public {
        TrainedCreditGate gate = new TrainedCreditGate(gateway, modelId, 5, 1000, 1 days, ledger);
        equal(gate.maxAge(), 1 days);
        uint256[] memory low = recorded(modelId, 100, 4);
        uint256[] memory s = recorded(modelId, 100, 5);
        vm.prank(ALICE);
        expect(abi.encodeWithSelector(CreditGate.ScoreTooLow.selector, int256(5), int256(4)));
        gate.open(low);
        TrainedCreditGate other = new TrainedCreditGate(gateway, modelId, 5, 1000, 1 days, ledger);
        vm.prank(ALICE);
        gate.open(s);
        bytes memory reason = outdated();
        equal(gate.lineOf(ALICE), 1000);
        vm.prank(ALICE);
        expect(reason);
        other.open(s);
        equal(other.lineOf(ALICE), 0);
    }

    function testDevicesReportWhileTheModelIsCurrentAndAreOffAfterTheirSilence() public {
        TrainedSensorSwitch sensor = new TrainedSensorSwitch(gateway, modelId, BOB, 5, 600, ledger);
        equal(sensor.operator(), BOB);
        equal(sensor.tripFrom(), 5);
        uint256[] memory s = recorded(modelId, 100, 4);
        vm.prank(ALICE);
        isTrue(!sensor.report(s), "no anomaly");
        uint256 at = block.timestamp;
        bytes memory reason = outdated();
        isTrue(block.timestamp <= at + 600, "a round is shorter than the silence");
        isTrue(sensor.isOn(ALICE), "it reported lately");
        s = recorded(modelId, 100, 6);
        vm.prank(ALICE);
        expect(reason);
        sensor.report(s);
        vm.warp(at + 601);
        isTrue(!sensor.isOn(ALICE), "it is silent");
    }

    function testATrippedSwitchStaysSoUntilItsOperatorClosesIt() public {
        TrainedSensorSwitch sensor = new TrainedSensorSwitch(gateway, modelId, BOB, 5, 600, ledger);
        uint256[] memory s = recorded(modelId, 100, 5);
        vm.prank(ALICE);
        isTrue(sensor.report(s), "an anomaly");
        outdated();
        vm.prank(ALICE);
        expect(abi.encodeWithSelector(SensorSwitch.NotOperator.selector, BOB, ALICE));
        sensor.close(ALICE);
        vm.prank(BOB);
        sensor.close(ALICE);
        isTrue(sensor.isOn(ALICE), "closed");
    }
}
