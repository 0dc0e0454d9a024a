// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERCZKMLVerifier} from "../../contracts/interfaces/IERCZKMLVerifier.sol";
import {IInferenceGateway} from "../../contracts/interfaces/IInferenceGateway.sol";
import {IInferenceReceiver} from "../../contracts/interfaces/IInferenceReceiver.sol";
import {IModelRegistry} from "../../contracts/interfaces/IModelRegistry.sol";
import {FixedVerifier} from "./support/FixedVerifier.sol";
import {GatewayCheck} from "./support/GatewayCheck.sol";
import {GreedyVerifier} from "./support/GreedyVerifier.sol";
import {Receiver} from "./support/Receiver.sol";

/// @dev The ways in besides `submit`: many at once, by signature, with a call.
contract GatewayEntriesTest is GatewayCheck {
    uint256 private constant KEY_OF_SIGNER = 0xA11CE5;
    bytes32 private constant RELAY =
        keccak256("Relay(uint256 modelId,bytes32 statement,address relayer,uint64 deadline)");

    Receiver private receiver;

    function setUp() public override {
        super.setUp();
        receiver = new Receiver();
    }

    function recorded(uint256[] memory s) private view returns (bool) {
        return gateway.recordOf(gateway.statementOf(modelId, s)).recordedAt != 0;
    }

    // --- many --------------------------------------------------------------------------------------------------------

    function testManyOfSeveralModelsStandAndFallEachAlone() public {
        IInferenceGateway.Submission[] memory many = new IInferenceGateway.Submission[](5);
        IInferenceGateway.Binding memory mine = forAccount(ALICE);
        many[0] = submission(statement(1, mine), mine);
        many[1] = submission(statement(2, mine), mine);
        many[1].proof = "forged";
        IInferenceGateway.Binding memory his = forAccount(BOB);
        many[2] = submission(statement(3, his), his);
        uint256 unbound = unboundModel();
        uint256[] memory s = new uint256[](6);
        s[2] = PARAMS;
        bytes memory proof = FixedVerifier(registry.getVersion(unbound).adapter).proofOf(s);
        many[3].modelId = unbound;
        (many[3].instances, many[3].proof) = (s, proof);
        many[4] = many[0];

        bytes memory refused = abi.encodeWithSelector(IERCZKMLVerifier.InvalidProof.selector);
        vm.expectEmit(true, false, false, true, address(gateway));
        emit IInferenceGateway.InferenceRefused(modelId, 1, refused);
        vm.prank(ALICE);
        IInferenceGateway.Result[] memory results = gateway.submitMany(many);

        equal(results.length, 5);
        isTrue(results[0].accepted && results[3].accepted, "the good ones");
        isTrue(recorded(many[0].instances) && !recorded(many[1].instances) && !recorded(many[2].instances), "records");
        equal(results[0].statement, gateway.statementOf(modelId, many[0].instances));
        equal(results[1].reason, refused);
        equal(results[1].statement, 0);
        equal(results[2].reason, abi.encodeWithSelector(IInferenceGateway.WrongAccount.selector, BOB, ALICE));
        equal(gateway.recordOf(results[3].statement).account, ALICE);
        equal(
            results[4].reason, abi.encodeWithSelector(IInferenceGateway.AlreadyRecorded.selector, results[0].statement)
        );
    }

    function testOneThatBurnsItsGasTakesNoneFromTheOthers() public {
        GreedyVerifier greedy = new GreedyVerifier(keccak256("greedy"), KEY);
        IModelRegistry.ModelVersion memory changed = version();
        changed.circuitDigest = keccak256("greedy");
        (changed.adapter, changed.adapterCodeHash) = (address(greedy), address(greedy).codehash);
        changed.layout.bindingStart = NO_BINDING;
        changed.layout.instanceCount = 6;
        IInferenceGateway.Submission[] memory many = new IInferenceGateway.Submission[](3);
        many[0].modelId = registry.register(changed, none());
        many[0].instances = new uint256[](6);
        many[0].instances[2] = PARAMS;
        IInferenceGateway.Binding memory mine = forAccount(ALICE);
        many[1] = submission(statement(1, mine), mine);
        many[2] = submission(statement(2, mine), mine);
        vm.prank(ALICE);
        IInferenceGateway.Result[] memory results = gateway.submitMany{gas: 1_500_000}(many);
        isTrue(!results[0].accepted, "it burned all it got");
        isTrue(results[1].accepted && results[2].accepted, "the others");
    }

    function testNothingIsNothing() public {
        equal(gateway.submitMany(new IInferenceGateway.Submission[](0)).length, 0);
    }

    function testFuzzNobodyAcceptsInTheGatewaysName(address other) public {
        vm.assume(other != address(gateway));
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        IInferenceGateway.Submission memory one = submission(statement(1, b), b);
        vm.prank(other);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.OnlySelf.selector));
        gateway.accept(ALICE, modelId, one);
    }

    // --- by signature ------------------------------------------------------------------------------------------------

    function signature(uint256 key, bytes32 id, address relayer, uint64 deadline) private view returns (bytes memory) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("zkchain.InferenceGateway"),
                keccak256("1"),
                block.chainid,
                address(gateway)
            )
        );
        bytes32 message = keccak256(abi.encode(RELAY, modelId, id, relayer, deadline));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, keccak256(abi.encodePacked(hex"1901", domain, message)));
        return abi.encodePacked(r, s, v);
    }

    function relayed()
        private
        view
        returns (address account, IInferenceGateway.Submission memory one, bytes32 id, uint64 deadline)
    {
        account = vm.addr(KEY_OF_SIGNER);
        IInferenceGateway.Binding memory b = forAccount(account);
        one = submission(statement(1, b), b);
        id = gateway.statementOf(modelId, one.instances);
        deadline = uint64(block.timestamp + 10);
    }

    function testARelayerSubmitsForTheAccountThatSigned() public {
        (address account, IInferenceGateway.Submission memory one, bytes32 id, uint64 deadline) = relayed();
        bytes memory allowed = signature(KEY_OF_SIGNER, id, BOB, deadline);
        vm.expectEmit(true, true, false, true, address(gateway));
        emit IInferenceGateway.Relayed(id, BOB);
        vm.prank(BOB);
        equal(gateway.submitFor(one, BOB, deadline, allowed), id);
        equal(gateway.recordOf(id).account, account);
        isTrue(gateway.recordOf(id).accountBound, "bound");
        vm.prank(BOB);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.AlreadyRecorded.selector, id));
        gateway.submitFor(one, BOB, deadline, allowed);
    }

    function testAnyoneRelaysWhereNoRelayerIsNamed() public {
        (, IInferenceGateway.Submission memory one, bytes32 id, uint64 deadline) = relayed();
        bytes memory allowed = signature(KEY_OF_SIGNER, id, address(0), deadline);
        vm.prank(BOB);
        equal(gateway.submitFor(one, address(0), deadline, allowed), id);
    }

    function testAnotherRelayerIsRefused() public {
        (, IInferenceGateway.Submission memory one, bytes32 id, uint64 deadline) = relayed();
        bytes memory allowed = signature(KEY_OF_SIGNER, id, BOB, deadline);
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.WrongRelayer.selector, BOB, ALICE));
        gateway.submitFor(one, BOB, deadline, allowed);
    }

    function testFuzzASignatureOfAnythingElseIsRefused(uint8 which, uint256 other) public {
        (address account, IInferenceGateway.Submission memory one, bytes32 id, uint64 deadline) = relayed();
        uint256 key = which % 4 == 0 ? bounded(other, 1, 2 ** 200) : KEY_OF_SIGNER;
        vm.assume(vm.addr(key) != account || which % 4 != 0);
        bytes memory given = signature(
            key,
            which % 4 == 1 ? keccak256(abi.encode(other)) : id,
            which % 4 == 2 ? address(uint160(bounded(other, 1, 1000))) : address(0),
            which % 4 == 3 ? deadline + 1 : deadline
        );
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.BadSignature.selector, account));
        gateway.submitFor(one, address(0), deadline, given);
        isTrue(!recorded(one.instances), "nothing");
    }

    function testASignatureEndsWithItsDeadline() public {
        (, IInferenceGateway.Submission memory one, bytes32 id, uint64 deadline) = relayed();
        bytes memory allowed = signature(KEY_OF_SIGNER, id, address(0), deadline);
        vm.warp(deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.DeadlinePassed.selector, deadline, deadline + 1));
        gateway.submitFor(one, address(0), deadline, allowed);
        vm.warp(deadline);
        gateway.submitFor(one, address(0), deadline, allowed);
    }

    function testAProofThatNamesNoAccountIsNotRelayed() public {
        IInferenceGateway.Binding memory b =
            IInferenceGateway.Binding(address(0), keccak256("request"), 1, uint64(block.timestamp));
        IInferenceGateway.Submission memory one = submission(statement(1, b), b);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.NothingToRelay.selector));
        gateway.submitFor(one, address(0), uint64(block.timestamp), "");
    }

    // --- with a call -------------------------------------------------------------------------------------------------

    function called(Receiver.Manner manner, uint256 gasLimit) private returns (bool succeeded, bytes32 id) {
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        IInferenceGateway.Submission memory one = submission(statement(int256(uint256(manner)), b), b);
        id = gateway.statementOf(modelId, one.instances);
        receiver.behave(manner, abi.encodeCall(IInferenceGateway.submitAndCall, (one, receiver, gasLimit)));
        vm.expectEmit(true, true, false, false, address(gateway));
        emit IInferenceGateway.ReceiverCalled(id, address(receiver), false);
        vm.prank(ALICE);
        (, succeeded) = gateway.submitAndCall(one, receiver, gasLimit);
        equal(gateway.recordOf(id).account, ALICE);
    }

    function testAReceiverIsTold() public {
        (bool succeeded, bytes32 id) = called(Receiver.Manner.Kind, 100_000);
        isTrue(succeeded, "told");
        equal(receiver.told(), id);
        isTrue(receiver.gasSeen() > 90_000 && receiver.gasSeen() <= 100_000, "the gas that was promised, and no more");
    }

    function testNoReceiverCanLoseTheRecord() public {
        for (uint256 i = uint256(Receiver.Manner.Reverting); i <= uint256(Receiver.Manner.Reentering); ++i) {
            if (i == uint256(Receiver.Manner.Bomb)) continue;
            (bool succeeded,) = called(Receiver.Manner(i), 300_000);
            isTrue(!succeeded, "failed");
        }
    }

    function testALongAnswerCostsNothing() public {
        uint256 before = gasleft();
        (bool succeeded,) = called(Receiver.Manner.Bomb, 3_500_000);
        isTrue(succeeded, "a long answer is an answer");
        // The receiver's own memory is paid from its promised gas; nothing of it is copied here.
        isTrue(before - gasleft() < 3_500_000 + 400_000, "not copied");
    }

    function testAReceiverThatIsNoContractIsRefused() public {
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        IInferenceGateway.Submission memory one = submission(statement(1, b), b);
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.NoReceiver.selector, BOB));
        gateway.submitAndCall(one, IInferenceReceiver(BOB), 1);
        isTrue(!recorded(one.instances), "nothing");
    }

    function testASubmitterCannotStarveTheReceiver() public {
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        IInferenceGateway.Submission memory one = submission(statement(1, b), b);
        vm.prank(ALICE);
        try gateway.submitAndCall{gas: 900_000}(one, receiver, 850_000) {
            isTrue(false, "too little gas for what was promised");
        } catch (bytes memory reason) {
            isTrue(bytes4(reason) == IInferenceGateway.TooLittleGas.selector, "refused by name");
        }
        isTrue(!recorded(one.instances), "nothing");
    }

    /// @dev More is left than was promised, but less can be passed on: a call keeps a part of 64.
    function testWhatIsPromisedCanBePassedOn() public {
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        IInferenceGateway.Submission memory one = submission(statement(1, b), b);
        vm.prank(ALICE);
        try gateway.submitAndCall{gas: 20_000_000}(one, receiver, 19_750_000) {
            isTrue(false, "a promise that no call can keep");
        } catch (bytes memory reason) {
            isTrue(bytes4(reason) == IInferenceGateway.TooLittleGas.selector, "refused by name");
        }
        vm.prank(ALICE);
        (, bool succeeded) = gateway.submitAndCall{gas: 20_000_000}(one, receiver, 19_500_000);
        isTrue(succeeded && receiver.gasSeen() > 19_400_000, "one that it can");
    }

    // --- canonical calldata ------------------------------------------------------------------------------------------

    function raw(bytes memory data) private returns (bytes memory reason) {
        vm.prank(ALICE);
        (bool ok, bytes memory found) = address(gateway).call(data);
        isTrue(!ok, "refused");
        return found;
    }

    function testFuzzTrailingBytesAreRefusedByEveryEntry(bytes calldata tail) public {
        vm.assume(tail.length != 0);
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        IInferenceGateway.Submission memory one = submission(statement(1, b), b);
        IInferenceGateway.Submission[] memory many = new IInferenceGateway.Submission[](1);
        many[0] = one;
        bytes[6] memory calls = [
            abi.encodeCall(IInferenceGateway.submit, (modelId, one.instances, one.proof, b)),
            abi.encodeCall(IInferenceGateway.submitMany, (many)),
            abi.encodeCall(IInferenceGateway.submitFor, (one, address(0), 0, "")),
            abi.encodeCall(IInferenceGateway.submitAndCall, (one, receiver, 1000)),
            abi.encodeCall(IERCZKMLVerifier.verifyInference, (modelId, 0, "", "")),
            abi.encodeWithSignature("verifyAndStoreInference(uint256,bytes32,bytes,bytes)", modelId, 0, "", "")
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            bytes memory reason = raw(abi.encodePacked(calls[i], tail));
            isTrue(bytes4(reason) == IInferenceGateway.NonCanonicalCalldata.selector, "by name");
        }
        isTrue(!recorded(one.instances), "nothing");
    }

    function testMovedHeadsAndDirtyPaddingAreRefused() public {
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        uint256[] memory s = statement(1, b);
        bytes memory proof = abi.encodePacked(adapter.proofOf(s), hex"01"); // 33 bytes, so that there is padding
        bytes memory good = abi.encodeCall(IInferenceGateway.submit, (modelId, s, proof, b));
        bytes memory padded = bytes.concat(good);
        padded[padded.length - 1] = 0x01;
        isTrue(bytes4(raw(padded)) == IInferenceGateway.NonCanonicalCalldata.selector, "dirty padding");
        // Both dynamic parts once more at the end, with the heads pointing there.
        bytes memory moved = abi.encodePacked(good, abi.encodePacked(proof.length, proof, new bytes(31)));
        uint256 at = good.length - 4;
        for (uint256 i = 0; i < 32; ++i) {
            moved[4 + 64 + i] = bytes32(at)[i];
        }
        isTrue(bytes4(raw(moved)) == IInferenceGateway.NonCanonicalCalldata.selector, "a moved head");
    }
}
