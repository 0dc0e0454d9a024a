// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {InferenceGateway} from "../../contracts/InferenceGateway.sol";
import {IERCZKMLRegistry} from "../../contracts/interfaces/IERCZKMLRegistry.sol";
import {IERCZKMLVerifier} from "../../contracts/interfaces/IERCZKMLVerifier.sol";
import {IInferenceGateway} from "../../contracts/interfaces/IInferenceGateway.sol";
import {CodePin} from "../../contracts/libraries/CodePin.sol";
import {FixedVerifier} from "./support/FixedVerifier.sol";
import {GatewayCheck} from "./support/GatewayCheck.sol";

contract InferenceGatewayTest is GatewayCheck {
    function testAcceptsAProofBoundToItsSender() public {
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        uint256[] memory s = statement(-3, b);
        bytes32 input = keccak256(abi.encodePacked(s[0], s[1]));
        bytes32 tag = keccak256(abi.encodePacked(tagOf(gateway, modelId, b)));
        bytes32 commitment =
            keccak256(abi.encode(keccak256("zkchain.input.v1"), block.chainid, address(gateway), modelId, input, tag));
        bytes memory proof = adapter.proofOf(s);

        vm.expectEmit(true, true, true, true, address(gateway));
        emit IERCZKMLVerifier.InferenceVerified(modelId, commitment, abi.encodePacked(s[3], s[4], s[5]), ALICE);
        vm.prank(ALICE);
        bytes32 id = gateway.submit(modelId, s, proof, b);

        bytes32 content = keccak256(abi.encodePacked(s));
        equal(
            id,
            keccak256(abi.encode(keccak256("zkchain.statement.v1"), block.chainid, address(gateway), modelId, content))
        );
        IInferenceGateway.Record memory record = gateway.recordOf(id);
        equal(record.account, ALICE);
        equal(record.recordedAt, block.timestamp);
        isTrue(record.accountBound, "the proof names the account");
    }

    function testEmitsTheEventOfTheStandard() public pure {
        equal(
            IERCZKMLVerifier.InferenceVerified.selector, keccak256("InferenceVerified(uint256,bytes32,bytes,address)")
        );
        isTrue(bytes4(IERCZKMLVerifier.InferenceVerified.selector) == 0x9ff454ce, "ERC-7992 topic");
    }

    function testAnyoneMaySubmitAProofBoundToARequestAndItIsNotAccountBound() public {
        IInferenceGateway.Binding memory b =
            IInferenceGateway.Binding(address(0), keccak256("request"), 1, uint64(block.timestamp));
        bytes32 id = submitAs(BOB, statement(1, b), b);
        equal(gateway.recordOf(id).account, BOB);
        isTrue(!gateway.recordOf(id).accountBound, "first come");
    }

    function testAcceptsAnUnboundModelWithoutBinding() public {
        uint256 unbound = unboundModel();
        uint256[] memory s = new uint256[](6);
        s[2] = PARAMS;
        bytes memory proof = FixedVerifier(registry.getVersion(unbound).adapter).proofOf(s);
        IInferenceGateway.Binding memory unboundly;
        vm.prank(BOB);
        bytes32 id = gateway.submit(unbound, s, proof, unboundly);
        equal(gateway.recordOf(id).account, BOB);
        isTrue(!gateway.recordOf(id).accountBound, "first come");
    }

    function testUnboundModelRefusesEachFieldOfABindingByItself() public {
        uint256 unbound = unboundModel();
        uint256[] memory s = new uint256[](6);
        s[2] = PARAMS;
        IInferenceGateway.Binding[4] memory bindings = [
            IInferenceGateway.Binding(ALICE, 0, 0, 0),
            IInferenceGateway.Binding(address(0), bytes32(uint256(1)), 0, 0),
            IInferenceGateway.Binding(address(0), 0, 1, 0),
            IInferenceGateway.Binding(address(0), 0, 0, 1)
        ];
        for (uint256 i = 0; i < bindings.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.UnexpectedBinding.selector));
            gateway.submit(unbound, s, "", bindings[i]);
        }
    }

    function testFuzzUnboundModelRefusesAnyBinding(address account, bytes32 request, uint256 nonce, uint64 deadline)
        public
    {
        vm.assume(account != address(0) || request != 0 || nonce != 0 || deadline != 0);
        uint256 unbound = unboundModel();
        uint256[] memory s = new uint256[](6);
        s[2] = PARAMS;
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.UnexpectedBinding.selector));
        gateway.submit(unbound, s, "", IInferenceGateway.Binding(account, request, nonce, deadline));
    }

    function testRefusesAnUnknownModel() public {
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        vm.expectRevert(abi.encodeWithSelector(IERCZKMLRegistry.ModelNotFound.selector, 7));
        gateway.submit(7, statement(1, b), "", b);
    }

    function testRefusesAStoppedModelAlsoForAMereCheck() public {
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        uint256[] memory s = statement(1, b);
        bytes memory proof = adapter.proofOf(s);
        gateway.check(modelId, s, proof);
        registry.stop(modelId);
        bytes memory reason = abi.encodeWithSelector(IInferenceGateway.ModelIsStopped.selector, modelId);
        refusal(reason, ALICE, s, b);
        vm.expectRevert(reason);
        gateway.check(modelId, s, proof);
    }

    function testRefusesAnAdapterWhoseCodeChanged() public {
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        uint256[] memory s = statement(1, b);
        bytes32 pinned = address(adapter).codehash;
        vm.etch(address(adapter), hex"00");
        vm.prank(ALICE);
        vm.expectRevert(
            abi.encodeWithSelector(CodePin.CodeHashMismatch.selector, address(adapter), pinned, keccak256(hex"00"))
        );
        gateway.submit(modelId, s, "", b);
    }

    function testRefusesAnAdapterWithoutCode() public {
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        uint256[] memory s = statement(1, b);
        vm.etch(address(adapter), "");
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(CodePin.NoCode.selector, address(adapter)));
        gateway.submit(modelId, s, "", b);
    }

    function testFuzzRefusesAnyOtherInstanceCount(uint256 count) public {
        count = bounded(count, 0, 40);
        vm.assume(count != 7);
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        uint256[] memory s = new uint256[](count);
        refusal(abi.encodeWithSelector(IInferenceGateway.InstanceCountMismatch.selector, 7, count), ALICE, s, b);
    }

    function testFuzzRefusesAnInstanceOutsideTheField(uint256 index, uint256 value) public {
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        uint256[] memory s = statement(1, b);
        index = bounded(index, 0, 6);
        s[index] = bounded(value, R, type(uint256).max);
        refusal(abi.encodeWithSelector(IInferenceGateway.InstanceOutOfField.selector, index), ALICE, s, b);
    }

    function testFuzzRefusesOtherParameters(uint256 value) public {
        value = bounded(value, 0, R - 1);
        vm.assume(value != PARAMS);
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        uint256[] memory s = statement(1, b);
        s[2] = value;
        bytes memory reason = abi.encodeWithSelector(
            IInferenceGateway.ParamsDigestMismatch.selector,
            keccak256(abi.encodePacked(PARAMS)),
            keccak256(abi.encodePacked(value))
        );
        refusal(reason, ALICE, s, b);
    }

    function testRefusesABindingToNobodyOrToBoth() public {
        IInferenceGateway.Binding memory b = forAccount(address(0));
        refusal(
            abi.encodeWithSelector(IInferenceGateway.AmbiguousBinding.selector, address(0), bytes32(0)),
            ALICE,
            statement(1, b),
            b
        );
        b = forAccount(ALICE);
        b.request = keccak256("request");
        refusal(
            abi.encodeWithSelector(IInferenceGateway.AmbiguousBinding.selector, ALICE, b.request),
            ALICE,
            statement(1, b),
            b
        );
    }

    function testFuzzDeadlineIsTheLastGoodSecond(uint64 late) public {
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        uint256[] memory s = statement(1, b);
        uint256 time = bounded(late, uint256(b.deadline) + 1, type(uint64).max);
        vm.warp(time);
        refusal(abi.encodeWithSelector(IInferenceGateway.DeadlinePassed.selector, b.deadline, time), ALICE, s, b);
        vm.warp(b.deadline);
        submitAs(ALICE, s, b);
    }

    function testFuzzRefusesAnotherSender(address thief) public {
        vm.assume(thief != ALICE);
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        refusal(
            abi.encodeWithSelector(IInferenceGateway.WrongAccount.selector, ALICE, thief), thief, statement(1, b), b
        );
    }

    function testFuzzRefusesAThiefWhoRewritesTheBinding(address thief, uint256 nonce, uint64 deadline) public {
        vm.assume(thief != ALICE && thief != address(0));
        uint256[] memory s = statement(1, forAccount(ALICE));
        deadline = uint64(bounded(deadline, block.timestamp, type(uint64).max));
        bytes memory reason = abi.encodeWithSelector(IInferenceGateway.BindingMismatch.selector);
        refusal(reason, thief, s, IInferenceGateway.Binding(thief, 0, nonce, deadline));
        refusal(reason, thief, s, IInferenceGateway.Binding(address(0), keccak256("r"), nonce, deadline));
    }

    function testFuzzRefusesAnotherNonceOrDeadline(uint256 nonce, uint64 deadline) public {
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        deadline = uint64(bounded(deadline, block.timestamp, type(uint64).max));
        vm.assume(nonce != b.nonce || deadline != b.deadline);
        refusal(
            abi.encodeWithSelector(IInferenceGateway.BindingMismatch.selector),
            ALICE,
            statement(1, b),
            IInferenceGateway.Binding(ALICE, 0, nonce, deadline)
        );
    }

    /// @dev In place of the binding's tag. The proof is of the word, so that nothing but the gateway refuses it.
    function refuseInsteadOfTheTag(uint256 word, IInferenceGateway.Binding memory b) private {
        uint256[] memory s = statement(1, b);
        s[6] = word;
        bytes memory reason = word < R
            ? abi.encodeWithSelector(IInferenceGateway.BindingMismatch.selector)
            : abi.encodeWithSelector(IInferenceGateway.InstanceOutOfField.selector, 6);
        refusal(reason, ALICE, s, b);
    }

    function testFuzzRefusesAnyOtherWordInsteadOfTheTag(uint256 word, uint256 nonce) public {
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        b.nonce = nonce;
        uint256 tag = tagOf(gateway, modelId, b);
        vm.assume(word != tag);
        refuseInsteadOfTheTag(word, b);
        refuseInsteadOfTheTag(word % R == tag ? 0 : word % R, b);
    }

    function testRefusesTheTagWithAnyOneBitChanged() public {
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        for (uint256 bit = 0; bit < 256; ++bit) {
            refuseInsteadOfTheTag(tagOf(gateway, modelId, b) ^ (1 << bit), b);
        }
    }

    /// @dev Of its hash, too, a proof carries the tag only: not the four bits above it.
    function testFuzzRefusesTheTagWithMoreAboveIt(uint256 more, uint256 nonce) public {
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        b.nonce = nonce;
        refuseInsteadOfTheTag(tagOf(gateway, modelId, b) + (bounded(more, 1, 15) << 252), b);
    }

    /// @dev For a verifier that reduces what it gets, these would be the tag.
    function testFuzzRefusesOtherWordsOfTheSameElement(uint256 times, uint256 nonce) public {
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        b.nonce = nonce;
        uint256 tag = tagOf(gateway, modelId, b);
        isTrue(tag < R, "a tag is an element as it is");
        refuseInsteadOfTheTag(tag + bounded(times, 1, 4) * R, b);
    }

    function testRefusesAProofMadeForAnotherChain() public {
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        uint256[] memory s = statement(1, b);
        vm.chainId(1);
        refusal(abi.encodeWithSelector(IInferenceGateway.BindingMismatch.selector), ALICE, s, b);
    }

    function testRefusesAProofMadeForAnotherGateway() public {
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        uint256[] memory s = statement(1, b);
        bytes memory proof = adapter.proofOf(s);
        InferenceGateway other = new InferenceGateway(address(registry));
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.BindingMismatch.selector));
        other.submit(modelId, s, proof, b);
    }

    function testRefusesAProofMadeForAnotherModel() public {
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        uint256[] memory s = statement(1, b);
        bytes memory proof = adapter.proofOf(s);
        vm.prank(BOB); // the same circuit, registered by somebody else
        uint256 other = registry.register(version(), none());
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.BindingMismatch.selector));
        gateway.submit(other, s, proof, b);
    }

    function testRefusesAReplayEvenWithAnotherProof() public {
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        uint256[] memory s = statement(1, b);
        bytes32 id = submitAs(ALICE, s, b);
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.AlreadyRecorded.selector, id));
        gateway.submit(modelId, s, "another proof of the same statement", b);
    }

    function testFuzzRefusesAProofThatDoesNotHoldAndRecordsNothing(bytes calldata proof) public {
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        uint256[] memory s = statement(1, b);
        vm.assume(keccak256(proof) != keccak256(adapter.proofOf(s)));
        bytes memory reason = abi.encodeWithSelector(IERCZKMLVerifier.InvalidProof.selector);
        vm.prank(ALICE);
        vm.expectRevert(reason);
        gateway.submit(modelId, s, proof, b);
        equal(gateway.recordOf(gateway.statementOf(modelId, s)).recordedAt, 0);
        vm.expectRevert(reason);
        gateway.check(modelId, s, proof);
    }

    function testCheckRecordsNothing() public view {
        uint256[] memory s = statement(1, forAccount(ALICE));
        gateway.check(modelId, s, adapter.proofOf(s));
        equal(gateway.recordOf(gateway.statementOf(modelId, s)).recordedAt, 0);
    }

    function testFuzzTagIsTheOneOfTheSpecification(uint256 model, address account, bytes32 request, uint256 nonce)
        public
        view
    {
        IInferenceGateway.Binding memory b = IInferenceGateway.Binding(account, request, nonce, uint64(nonce));
        equal(gateway.bindingTag(model, b), tagOf(gateway, model, b));
    }

    function testFuzzStatementsOfDifferentModelsOrInstancesDiffer(uint256 a, uint256 b, uint256[] calldata s)
        public
        view
    {
        vm.assume(a != b);
        isTrue(gateway.statementOf(a, s) != gateway.statementOf(b, s), "model is part of it");
        uint256[] memory longer = new uint256[](s.length + 1);
        for (uint256 i = 0; i < s.length; ++i) {
            longer[i] = s[i];
        }
        isTrue(gateway.statementOf(a, s) != gateway.statementOf(a, longer), "every instance is part of it");
    }

    function testRefusesARegistryWithoutCode() public {
        vm.expectRevert(abi.encodeWithSelector(CodePin.NoCode.selector, BOB));
        new InferenceGateway(BOB);
    }
}
