// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ModelRegistry} from "../../../contracts/ModelRegistry.sol";
import {InferenceConsumer} from "../../../contracts/consumers/InferenceConsumer.sol";
import {TrainedConsumer} from "../../../contracts/consumers/TrainedConsumer.sol";
import {IERCZKMLRegistry} from "../../../contracts/interfaces/IERCZKMLRegistry.sol";
import {IInferenceGateway} from "../../../contracts/interfaces/IInferenceGateway.sol";
import {ITrainingLedger} from "../../../contracts/interfaces/ITrainingLedger.sol";
import {CodePin} from "../../../contracts/libraries/CodePin.sol";
import {TrainedCheck} from "../support/TrainedCheck.sol";

contract PlainConsumer is InferenceConsumer {
    constructor(IInferenceGateway gateway_, uint256 modelId_) InferenceConsumer(gateway_, modelId_, 1 days) {}

    function consume(uint256[] calldata instances) external {
        _consume(instances);
    }
}

contract CurrentConsumer is PlainConsumer, TrainedConsumer {
    constructor(IInferenceGateway gateway_, uint256 modelId_, ITrainingLedger ledger_)
        PlainConsumer(gateway_, modelId_)
        TrainedConsumer(ledger_)
    {}

    function _expectUsable() internal view override(InferenceConsumer, TrainedConsumer) {
        super._expectUsable();
    }
}

contract TrainedConsumerTest is TrainedCheck {
    CurrentConsumer private consumer;

    function setUp() public override {
        super.setUp();
        consumer = new CurrentConsumer(gateway, modelId, ledger);
    }

    function consume(PlainConsumer by, address sender, uint256[] memory s) private {
        vm.prank(sender);
        by.consume(s);
    }

    function refuse(bytes memory reason, address sender, uint256[] memory s) private {
        vm.prank(sender);
        expect(reason);
        consumer.consume(s);
        isTrue(!consumer.consumed(gateway.statementOf(consumer.modelId(), s)), "nothing is used up");
    }

    function notCurrent(bytes memory trained) private view returns (bytes memory) {
        return abi.encodeWithSelector(TrainedConsumer.ModelNotCurrent.selector, keccak256(model), keccak256(trained));
    }

    function testPinsTheLedgerAndTheModelThatTheVersionWasLinkedTo() public view {
        equal(address(consumer.ledger()), address(ledger));
        equal(consumer.trainedModel(), keccak256(model));
        equal(consumer.trainedModel(), ledger.lineageOf(modelId).model);
    }

    function testAnAnswerOfTheCurrentModelCountsOnce() public {
        uint256[] memory s = recorded(modelId, 100, 7);
        consume(consumer, ALICE, s);
        bytes32 id = gateway.statementOf(modelId, s);
        isTrue(consumer.consumed(id), "used up");
        vm.prank(ALICE);
        expect(abi.encodeWithSelector(InferenceConsumer.AlreadyConsumed.selector, id));
        consumer.consume(s);
    }

    // --- after a further round ---------------------------------------------------------------------------------------

    function testANewAnswerOfAnOldModelIsRefused() public {
        bytes memory old = model;
        train();
        uint256[] memory s = recorded(modelId, 100, 7); // The gateway records it: the version is not stopped.
        refuse(notCurrent(old), ALICE, s);
    }

    function testAnAnswerThatWasRecordedWhileTheModelWasCurrentIsRefused() public {
        bytes memory old = model;
        uint256[] memory s = recorded(modelId, 100, 7);
        train();
        refuse(notCurrent(old), ALICE, s);
    }

    function testAPlainConsumerStillTakesIt() public {
        PlainConsumer plain = new PlainConsumer(gateway, modelId);
        uint256[] memory s = recorded(modelId, 100, 7);
        train();
        consume(plain, ALICE, s);
        consume(plain, ALICE, recorded(modelId, 100, 8));
    }

    function testAConsumerOfTheNewVersionTakesItsAnswersAndNotThoseOfTheOldOne() public {
        uint256[] memory old = recorded(modelId, 100, 7);
        train();
        uint256 next = published();
        consumer = new CurrentConsumer(gateway, next, ledger);
        consume(consumer, ALICE, recorded(next, 101, 7));
        bytes32 unknown = gateway.statementOf(next, old);
        refuse(abi.encodeWithSelector(InferenceConsumer.NotRecorded.selector, unknown), ALICE, old);
    }

    function testUntilTheNewModelIsPublishedNothingCounts() public {
        bytes memory genesis = model;
        train();
        uint256 second = published();
        CurrentConsumer later = new CurrentConsumer(gateway, second, ledger);
        bytes memory old = model;
        train();
        refuse(notCurrent(genesis), ALICE, recorded(modelId, 100, 7));
        consumer = later;
        refuse(notCurrent(old), ALICE, recorded(second, 101, 7));
    }

    function testARoundThatIsOpenOrWasAbortedChangesNothing() public {
        uint256 round = submitted(first(2));
        consume(consumer, ALICE, recorded(modelId, 100, 7));
        vm.warp(ledger.roundOf(round).deadline + CLOSE + 1);
        ledger.abort(round);
        consume(consumer, ALICE, recorded(modelId, 100, 8));
    }

    // --- what the base asks is asked still ---------------------------------------------------------------------------

    function testAStoppedVersionIsRefusedAsSuch() public {
        uint256[] memory s = recorded(modelId, 100, 7);
        registry.stop(modelId);
        bytes memory stopped = abi.encodeWithSelector(IInferenceGateway.ModelIsStopped.selector, modelId);
        refuse(stopped, ALICE, s);
        train();
        refuse(stopped, ALICE, s);
    }

    function testAnothersAnswerIsRefused() public {
        uint256[] memory s = recorded(modelId, 100, 7);
        refuse(abi.encodeWithSelector(InferenceConsumer.NotYourInference.selector, ALICE, BOB), BOB, s);
    }

    function testAnAnswerThatIsTooOldIsRefused() public {
        uint256[] memory s = recorded(modelId, 100, 7);
        uint64 at = uint64(block.timestamp);
        vm.warp(at + 1 days + 1);
        refuse(abi.encodeWithSelector(InferenceConsumer.AnswerTooOld.selector, at, uint64(1 days)), ALICE, s);
    }

    // --- what it is not built for ------------------------------------------------------------------------------------

    function isNotBuilt(bytes memory reason, uint256 version, ITrainingLedger by) private {
        expect(reason);
        new CurrentConsumer(gateway, version, by);
    }

    function testALedgerWithoutCodeIsRefused() public {
        isNotBuilt(abi.encodeWithSelector(CodePin.NoCode.selector, BOB), modelId, ITrainingLedger(BOB));
        isNotBuilt(abi.encodeWithSelector(CodePin.NoCode.selector, address(0)), modelId, ITrainingLedger(address(0)));
    }

    function testALedgerOfAnotherRegistryIsRefused() public {
        ModelRegistry ours = registry;
        registry = new ModelRegistry();
        start();
        published();
        bytes memory reason =
            abi.encodeWithSelector(TrainedConsumer.OtherRegistry.selector, address(ours), address(registry));
        isNotBuilt(reason, modelId, ledger);
    }

    function testAVersionThatTheLedgerHasNotLinkedIsRefused() public {
        train();
        uint256 version = unlinked();
        bytes memory reason = abi.encodeWithSelector(TrainedConsumer.NotTrainedHere.selector, version);
        isNotBuilt(reason, version, ledger);
        hashWeights();
        isNotBuilt(reason, version, ledger);
        ledger.linkModel(version);
        new CurrentConsumer(gateway, version, ledger);
    }

    /// @dev Whose model is the very same.
    function testAVersionThatAnotherLedgerLinkedIsRefused() public {
        start();
        hashWeights();
        isNotBuilt(abi.encodeWithSelector(TrainedConsumer.NotTrainedHere.selector, modelId), modelId, ledger);
    }

    function testAVersionWhoseModelIsOldAlreadyIsRefused() public {
        bytes memory old = model;
        train();
        isNotBuilt(notCurrent(old), modelId, ledger);
        published();
        isNotBuilt(notCurrent(old), modelId, ledger);
    }

    function testAnUnknownVersionIsRefused() public {
        isNotBuilt(abi.encodeWithSelector(IERCZKMLRegistry.ModelNotFound.selector, 5), 5, ledger);
    }
}
