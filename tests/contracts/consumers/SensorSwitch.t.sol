// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {InferenceConsumer} from "../../../contracts/consumers/InferenceConsumer.sol";
import {SensorSwitch} from "../../../contracts/consumers/SensorSwitch.sol";
import {IInferenceGateway} from "../../../contracts/interfaces/IInferenceGateway.sol";
import {GatewayCheck} from "../support/GatewayCheck.sol";

contract SensorSwitchTest is GatewayCheck {
    SensorSwitch private guard;
    uint256 private nonce;

    function setUp() public override {
        super.setUp();
        guard = new SensorSwitch(gateway, modelId, BOB, 50, 3600);
    }

    function recorded(int256 score) private returns (uint256[] memory s) {
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        b.nonce = ++nonce;
        s = statement(score, b);
        submitAs(ALICE, s, b);
    }

    function report(int256 score) private returns (bool) {
        uint256[] memory s = recorded(score);
        vm.prank(ALICE);
        return guard.report(s);
    }

    function testADeviceThatNeverReportedIsOff() public view {
        isTrue(!guard.isOn(ALICE), "no report yet");
    }

    function testFuzzAnAnomalyTripsTheSwitch(int128 score) public {
        isTrue(report(score) == (score >= 50), "tripped at or above the threshold");
        isTrue(guard.isOn(ALICE) == (score < 50), "off when tripped");
    }

    function testATrippedSwitchStaysOpenUntilTheOperatorClosesIt() public {
        report(50);
        isTrue(report(0), "a good report does not close it");
        vm.expectRevert(abi.encodeWithSelector(SensorSwitch.NotOperator.selector, BOB, address(this)));
        guard.close(ALICE);
        vm.expectEmit(true, false, false, true, address(guard));
        emit SensorSwitch.Closed(ALICE);
        vm.prank(BOB);
        guard.close(ALICE);
        isTrue(guard.isOn(ALICE), "closed");
        vm.prank(BOB);
        vm.expectRevert(abi.encodeWithSelector(SensorSwitch.NotTripped.selector, ALICE));
        guard.close(ALICE);
    }

    function testFuzzASilentDeviceIsOff(uint32 silence) public {
        report(0);
        vm.warp(block.timestamp + silence);
        isTrue(guard.isOn(ALICE) == (silence <= 3600), "off after the silence allowed");
    }

    function testAReportKeptBackCountsFromItsRecording() public {
        uint256[] memory kept = recorded(0);
        vm.warp(block.timestamp + 3600);
        vm.prank(ALICE);
        guard.report(kept);
        isTrue(guard.isOn(ALICE), "the last second");
        vm.warp(block.timestamp + 1);
        isTrue(!guard.isOn(ALICE), "the silence runs from the recording");
    }

    function testAReportOlderThanTheSilenceAllowedIsRefused() public {
        uint256[] memory kept = recorded(0);
        uint64 recordedAt = uint64(block.timestamp);
        vm.warp(block.timestamp + 3601);
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(InferenceConsumer.AnswerTooOld.selector, recordedAt, uint64(3600)));
        guard.report(kept);
    }

    function testAnOlderReportDoesNotReplaceALaterOne() public {
        uint256[] memory kept = recorded(0);
        uint64 first = uint64(block.timestamp);
        vm.warp(block.timestamp + 10);
        report(1);
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(SensorSwitch.ReportOutOfOrder.selector, first + 10, first));
        guard.report(kept);
    }

    function testIsNotBuiltWithoutAnOperator() public {
        vm.expectRevert(abi.encodeWithSelector(SensorSwitch.NoOperator.selector));
        new SensorSwitch(gateway, modelId, address(0), 50, 3600);
    }

    function testRefusesTheSameReportTwice() public {
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        uint256[] memory s = statement(1, b);
        bytes32 id = submitAs(ALICE, s, b);
        vm.prank(ALICE);
        guard.report(s);
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(InferenceConsumer.AlreadyConsumed.selector, id));
        guard.report(s);
    }
}
