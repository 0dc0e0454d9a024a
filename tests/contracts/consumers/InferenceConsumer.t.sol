// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {InferenceConsumer} from "../../../contracts/consumers/InferenceConsumer.sol";
import {IInferenceGateway} from "../../../contracts/interfaces/IInferenceGateway.sol";
import {IERCZKMLRegistry} from "../../../contracts/interfaces/IERCZKMLRegistry.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {GatewayCheck} from "../support/GatewayCheck.sol";

contract OpenConsumer is InferenceConsumer {
    constructor(IInferenceGateway gateway_, uint256 modelId_, uint64 maxAge_)
        InferenceConsumer(gateway_, modelId_, maxAge_)
    {}

    function consume(uint256[] calldata instances) external returns (IInferenceGateway.Record memory) {
        return _consume(instances);
    }

    function output(uint256[] calldata instances, uint256 index) external view returns (int256) {
        return _output(instances, index);
    }

    function argmax(uint256[] calldata instances) external view returns (uint256) {
        return _argmax(instances);
    }
}

contract InferenceConsumerTest is GatewayCheck {
    OpenConsumer private consumer;

    function setUp() public override {
        super.setUp();
        consumer = new OpenConsumer(gateway, modelId, 600);
    }

    function refuse(bytes memory reason, address sender, uint256[] memory s) private {
        vm.prank(sender);
        vm.expectRevert(reason);
        consumer.consume(s);
    }

    function testConsumesARecordedAnswerOnce() public {
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        uint256[] memory s = statement(1, b);
        bytes32 id = submitAs(ALICE, s, b);
        vm.prank(ALICE);
        IInferenceGateway.Record memory record = consumer.consume(s);
        equal(record.account, ALICE);
        equal(record.recordedAt, block.timestamp);
        isTrue(consumer.consumed(id), "used up");
        refuse(abi.encodeWithSelector(InferenceConsumer.AlreadyConsumed.selector, id), ALICE, s);
    }

    function testFuzzAnAnswerCountsOnlyWhileItIsFresh(uint32 age) public {
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        uint256[] memory s = statement(1, b);
        submitAs(ALICE, s, b);
        uint64 recordedAt = uint64(block.timestamp);
        vm.warp(block.timestamp + age);
        if (age > 600) {
            refuse(abi.encodeWithSelector(InferenceConsumer.AnswerTooOld.selector, recordedAt, uint64(600)), ALICE, s);
        } else {
            vm.prank(ALICE);
            consumer.consume(s);
        }
    }

    function testRefusesWhatTheGatewayDoesNotKnow() public {
        uint256[] memory s = statement(1, forAccount(ALICE));
        bytes32 id = gateway.statementOf(modelId, s);
        refuse(abi.encodeWithSelector(InferenceConsumer.NotRecorded.selector, id), ALICE, s);
    }

    function testFuzzRefusesAnotherCaller(address thief) public {
        vm.assume(thief != ALICE);
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        uint256[] memory s = statement(1, b);
        submitAs(ALICE, s, b);
        refuse(abi.encodeWithSelector(InferenceConsumer.NotYourInference.selector, ALICE, thief), thief, s);
    }

    function testRefusesARecordThatNamesOnlyWhoCameFirst() public {
        IInferenceGateway.Binding memory b =
            IInferenceGateway.Binding(address(0), keccak256("request"), 1, uint64(block.timestamp));
        uint256[] memory s = statement(1, b);
        bytes32 id = submitAs(BOB, s, b);
        refuse(abi.encodeWithSelector(InferenceConsumer.NotAccountBound.selector, id), BOB, s);
    }

    function testRefusesAnAnswerRecordedBeforeTheModelWasStopped() public {
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        uint256[] memory s = statement(1, b);
        submitAs(ALICE, s, b);
        registry.stop(modelId);
        refuse(abi.encodeWithSelector(IInferenceGateway.ModelIsStopped.selector, modelId), ALICE, s);
    }

    function testRefusesAnAnswerOfAnotherModel() public {
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        uint256[] memory s = statement(1, b);
        submitAs(ALICE, s, b);
        OpenConsumer other = new OpenConsumer(gateway, unboundModel(), 600);
        bytes32 id = gateway.statementOf(other.modelId(), s);
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(InferenceConsumer.NotRecorded.selector, id));
        other.consume(s);
    }

    function testIsNotBuiltForAnUnknownModel() public {
        vm.expectRevert(abi.encodeWithSelector(IERCZKMLRegistry.ModelNotFound.selector, 5));
        new OpenConsumer(gateway, 5, 600);
    }

    function testFuzzDecodesOutputsWithTheirSign(int256 raw) public view {
        int256 value = raw % int256(R / 2);
        uint256[] memory s = statement(value, forAccount(ALICE));
        equal(consumer.output(s, 0), value);
        equal(consumer.output(s, 1), -5);
        equal(consumer.output(s, 2), 5);
        equal(consumer.argmax(s), value >= 5 ? 0 : 2);
    }

    function testTheLowestIndexWinsATie() public view {
        equal(consumer.argmax(statement(5, forAccount(ALICE))), 0); // 5, -5, 5
    }

    function testRefusesAnOutputThatDoesNotExist() public {
        vm.expectRevert(abi.encodeWithSelector(InferenceConsumer.NoSuchOutput.selector, 3, 3));
        consumer.output(statement(1, forAccount(ALICE)), 3);
    }
}
