// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {CreditGate} from "../../../contracts/consumers/CreditGate.sol";
import {InferenceConsumer} from "../../../contracts/consumers/InferenceConsumer.sol";
import {IInferenceGateway} from "../../../contracts/interfaces/IInferenceGateway.sol";
import {GatewayCheck} from "../support/GatewayCheck.sol";

contract CreditGateTest is GatewayCheck {
    CreditGate private gate;

    function setUp() public override {
        super.setUp();
        gate = new CreditGate(gateway, modelId, -10, 1 ether, 1 days);
    }

    function proved(int256 score) private returns (uint256[] memory s) {
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        s = statement(score, b);
        submitAs(ALICE, s, b);
    }

    function testFuzzOpensALineForAHighEnoughScore(int128 raw) public {
        int256 score = raw < -10 ? -10 - (int256(raw) + 10) : int256(raw);
        uint256[] memory s = proved(score);
        vm.expectEmit(true, false, false, true, address(gate));
        emit CreditGate.LineOpened(ALICE, score, 1 ether);
        vm.prank(ALICE);
        gate.open(s);
        equal(gate.lineOf(ALICE), 1 ether);
    }

    function testFuzzRefusesALowScore(uint128 below) public {
        int256 score = -11 - int256(uint256(below));
        uint256[] memory s = proved(score);
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(CreditGate.ScoreTooLow.selector, int256(-10), score));
        gate.open(s);
        equal(gate.lineOf(ALICE), 0);
    }

    function testRefusesASecondLine() public {
        uint256[] memory s = proved(1);
        vm.prank(ALICE);
        gate.open(s);
        uint256[] memory second = proved(2);
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(CreditGate.LineIsOpen.selector, ALICE, 1 ether));
        gate.open(second);
    }

    function testRefusesSomeoneElsesScore() public {
        uint256[] memory s = proved(1);
        vm.prank(BOB);
        vm.expectRevert(abi.encodeWithSelector(InferenceConsumer.NotYourInference.selector, ALICE, BOB));
        gate.open(s);
    }
}
