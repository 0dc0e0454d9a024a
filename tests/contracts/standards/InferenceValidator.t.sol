// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERCZKMLVerifier} from "../../../contracts/interfaces/IERCZKMLVerifier.sol";
import {IInferenceGateway} from "../../../contracts/interfaces/IInferenceGateway.sol";
import {IValidationRegistry} from "../../../contracts/standards/IValidationRegistry.sol";
import {InferenceValidator} from "../../../contracts/standards/InferenceValidator.sol";
import {LocalValidationRegistry} from "../../../contracts/standards/LocalValidationRegistry.sol";
import {Agents} from "../support/Agents.sol";
import {GatewayCheck} from "../support/GatewayCheck.sol";

contract InferenceValidatorTest is GatewayCheck {
    uint256 private constant AGENT = 5;

    Agents private agents;
    LocalValidationRegistry private validations;
    InferenceValidator private validator;
    bytes32 private request;
    uint256[] private s;
    bytes private proof;

    function setUp() public override {
        super.setUp();
        agents = new Agents();
        agents.mint(ALICE, AGENT);
        validations = new LocalValidationRegistry(address(agents));
        validator = new InferenceValidator(gateway, validations, modelId);
        request = validator.requestHashOf(keccak256(abi.encodePacked(uint256(11), uint256(12))), "salt");
        s = statement(1, bound());
        proof = adapter.proofOf(s);
        vm.prank(ALICE);
        validations.validationRequest(address(validator), AGENT, "ipfs://request", request);
    }

    function bound() private view returns (IInferenceGateway.Binding memory) {
        return IInferenceGateway.Binding(address(0), request, 1, uint64(block.timestamp + 60));
    }

    function response() private view returns (uint8 found, bytes32 hash) {
        (,, found, hash,,) = validations.getValidationStatus(request);
    }

    function testAProofAnswersTheRequestWith100Once() public {
        bytes32 id = gateway.statementOf(modelId, s);
        vm.expectEmit(true, true, true, true, address(validations));
        emit IValidationRegistry.ValidationResponse(
            address(validator), AGENT, request, 100, "ipfs://answer", id, "zk/halo2-kzg-bn254"
        );
        vm.prank(BOB);
        equal(validator.respond(s, proof, bound(), "salt", "ipfs://answer"), request);
        (uint8 found, bytes32 hash) = response();
        equal(found, 100);
        equal(hash, id);
        IInferenceGateway.Binding memory b = bound();
        vm.expectRevert(abi.encodeWithSelector(InferenceValidator.AlreadyAnswered.selector, request));
        validator.respond(s, proof, b, "salt", "");
        address[] memory any = new address[](0);
        (uint64 count, uint8 average) = validations.getSummary(AGENT, any, "");
        equal(count, 1);
        equal(average, 100);
    }

    function testWhoeverSubmitsTheProofElsewhereFirstStopsNothing() public {
        gateway.submit(modelId, s, proof, bound());
        validator.respond(s, proof, bound(), "salt", "");
        (uint8 found,) = response();
        equal(found, 100);
    }

    function testAForgedProofAnswersNothing() public {
        IInferenceGateway.Binding memory b = bound();
        vm.expectRevert(abi.encodeWithSelector(IERCZKMLVerifier.InvalidProof.selector));
        validator.respond(s, "forged", b, "salt", "");
        (uint8 found, bytes32 hash) = response();
        equal(found, 0);
        equal(hash, 0);
    }

    function testAnAnswerToAnotherInputIsNoneToThisRequest() public {
        s[0] = 99;
        proof = adapter.proofOf(s);
        bytes32 other = validator.requestHashOf(keccak256(abi.encodePacked(uint256(99), uint256(12))), "salt");
        IInferenceGateway.Binding memory b = bound();
        vm.expectRevert(abi.encodeWithSelector(InferenceValidator.NotForThisRequest.selector, other, request));
        validator.respond(s, proof, b, "salt", "");
    }

    function testABindingToAnotherRequestOrToAnAccountIsRefused() public {
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        vm.expectRevert(abi.encodeWithSelector(InferenceValidator.NotForThisRequest.selector, request, bytes32(0)));
        validator.respond(s, proof, b, "salt", "");
        b = bound();
        b.nonce = 2;
        vm.expectRevert(abi.encodeWithSelector(IInferenceGateway.BindingMismatch.selector));
        validator.respond(s, proof, b, "salt", "");
        b = bound();
        vm.warp(b.deadline + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceGateway.DeadlinePassed.selector, b.deadline, uint256(b.deadline) + 1)
        );
        validator.respond(s, proof, b, "salt", "");
    }

    function testARequestToAnotherValidatorCannotBeAnswered() public {
        InferenceValidator other = new InferenceValidator(gateway, validations, modelId);
        IInferenceGateway.Binding memory b = bound();
        vm.expectRevert(
            abi.encodeWithSelector(LocalValidationRegistry.NotTheValidator.selector, address(validator), address(other))
        );
        other.respond(s, proof, b, "salt", "");
    }

    function testTheLocalRegistryKeepsTheRulesOfTheDraft() public {
        vm.prank(BOB);
        vm.expectRevert(abi.encodeWithSelector(LocalValidationRegistry.NotAuthorized.selector, AGENT, BOB));
        validations.validationRequest(address(validator), AGENT, "", "other");
        vm.startPrank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(LocalValidationRegistry.AlreadyRequested.selector, request));
        validations.validationRequest(address(validator), AGENT, "", request);
        vm.expectRevert(abi.encodeWithSelector(LocalValidationRegistry.NoValidator.selector));
        validations.validationRequest(address(0), AGENT, "", "other");
        agents.setApprovalForAll(BOB, true);
        vm.stopPrank();
        vm.prank(BOB);
        validations.validationRequest(BOB, AGENT, "", "other");
        vm.expectRevert(abi.encodeWithSelector(LocalValidationRegistry.UnknownRequest.selector, bytes32("none")));
        validations.validationResponse("none", 1, "", 0, "");
        vm.expectRevert(abi.encodeWithSelector(LocalValidationRegistry.UnknownRequest.selector, bytes32("none")));
        validations.getValidationStatus("none");
        vm.startPrank(BOB);
        vm.expectRevert(abi.encodeWithSelector(LocalValidationRegistry.ResponseTooLarge.selector, 101));
        validations.validationResponse("other", 101, "", 0, "");
        validations.validationResponse("other", 50, "", 0, "soft");
        vm.stopPrank();
        validator.respond(s, proof, bound(), "salt", "");
        summaries();
    }

    /// @dev Nobody's address, on either side of those that answered.
    function neighbours() private pure returns (address[] memory others) {
        others = new address[](2);
        (others[0], others[1]) = (address(1), address(type(uint160).max));
    }

    function summaries() private view {
        address[] memory any = new address[](0);
        address[] memory mine = new address[](1);
        mine[0] = BOB;
        (uint64 count, uint8 average) = validations.getSummary(AGENT, any, "");
        equal(count * 1000 + average, 2075);
        (count, average) = validations.getSummary(AGENT, mine, "");
        equal(count * 1000 + average, 1050);
        (count,) = validations.getSummary(AGENT, neighbours(), "");
        equal(count, 0);
        (count, average) = validations.getSummary(AGENT, any, "hard");
        equal(count * 1000 + average, 0);
        equal(validations.getAgentValidations(AGENT).length, 2);
        equal(validations.getValidatorRequests(BOB)[0], "other");
    }
}
