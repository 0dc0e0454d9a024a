// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {InferenceConsumer} from "../../../contracts/consumers/InferenceConsumer.sol";
import {TriageRouter} from "../../../contracts/consumers/TriageRouter.sol";
import {IInferenceGateway} from "../../../contracts/interfaces/IInferenceGateway.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {FixedVerifier} from "../support/FixedVerifier.sol";
import {GatewayCheck} from "../support/GatewayCheck.sol";

contract TriageRouterTest is GatewayCheck {
    function proved(int256 first) private returns (uint256[] memory s) {
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        s = statement(first, b);
        submitAs(ALICE, s, b);
    }

    /// @dev Registers the same instances under a layout with a single output.
    function singleOutput() private {
        adapter = new FixedVerifier(keccak256("single"), KEY);
        IModelRegistry.ModelVersion memory changed = version();
        changed.circuitDigest = keccak256("single");
        changed.layout.outputCount = 1;
        modelId = registry.register(changed, none());
    }

    function testSeveralOutputsAreClasses() public {
        TriageRouter router = new TriageRouter(gateway, modelId, 0, 1 days);
        uint256[] memory s = proved(4); // 4, -5, 5: the third is the largest
        bytes32 id = gateway.statementOf(modelId, s);
        vm.expectEmit(true, true, true, true, address(router));
        emit TriageRouter.CaseRouted(2, 0, ALICE, id);
        vm.prank(ALICE);
        (uint256 queue, uint256 number) = router.route(s);
        equal(queue, 2);
        equal(number, 0);
        equal(router.queueLength(2), 1);
        TriageRouter.Case memory found = router.caseAt(2, 0);
        equal(found.clinic, ALICE);
        equal(found.statement, id);
        equal(found.openedAt, block.timestamp);
    }

    function testFuzzASingleOutputIsARisk(int128 risk) public {
        singleOutput();
        TriageRouter router = new TriageRouter(gateway, modelId, 100, 1 days);
        uint256[] memory s = proved(risk);
        vm.prank(ALICE);
        (uint256 queue,) = router.route(s);
        equal(queue, risk >= 100 ? router.URGENT() : 0);
    }

    function testTheThresholdItselfIsUrgent() public {
        singleOutput();
        TriageRouter router = new TriageRouter(gateway, modelId, 100, 1 days);
        uint256[] memory s = proved(100);
        vm.prank(ALICE);
        (uint256 queue,) = router.route(s);
        equal(queue, router.URGENT());
    }

    function testRefusesTheSameAnswerTwice() public {
        TriageRouter router = new TriageRouter(gateway, modelId, 0, 1 days);
        uint256[] memory s = proved(4);
        vm.prank(ALICE);
        router.route(s);
        bytes32 id = gateway.statementOf(modelId, s);
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(InferenceConsumer.AlreadyConsumed.selector, id));
        router.route(s);
    }
}
