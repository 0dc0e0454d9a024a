// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {IInferenceGateway} from "../../../contracts/interfaces/IInferenceGateway.sol";
import {IERC7007} from "../../../contracts/standards/IERC7007.sol";
import {InferenceToken} from "../../../contracts/standards/InferenceToken.sol";
import {GatewayCheck} from "../support/GatewayCheck.sol";

contract InferenceTokenTest is GatewayCheck {
    InferenceToken private token;
    bytes private prompt = abi.encodePacked(uint256(11), uint256(12));
    bytes private answer;
    bytes private proof;
    uint256 private id;

    function setUp() public override {
        super.setUp();
        token = new InferenceToken(gateway, modelId);
        id = token.tokenIdOf(prompt);
        uint256[] memory s = statement(1, bound());
        answer = abi.encodePacked(s[3], s[4], s[5]);
        proof = abi.encode(s, adapter.proofOf(s), bound());
    }

    function bound() private view returns (IInferenceGateway.Binding memory) {
        return IInferenceGateway.Binding(address(0), bytes32(id), 1, uint64(block.timestamp + 1 days));
    }

    function minted(address to) private {
        bytes32 commitment = keccak256(abi.encode(to, prompt, bytes32("salt")));
        vm.prank(to);
        token.claim(commitment);
        vm.warp(block.timestamp + 60);
        vm.prank(to);
        equal(token.mint(prompt, "salt"), id);
    }

    function testIdentifiersAreThoseOfTheStandard() public view {
        isTrue(type(IERC7007).interfaceId == 0x702c55a6, "ERC-7007");
        isTrue(token.supportsInterface(0x702c55a6) && token.supportsInterface(0x80ac58cd), "ERC-7007 and ERC-721");
        isTrue(token.supportsInterface(0x01ffc9a7) && !token.supportsInterface(0xffffffff), "ERC-165");
        isTrue(IERC7007.AigcData.selector == keccak256("AigcData(uint256,bytes,bytes,bytes)"), "the event of the text");
    }

    function testOnlyAProvedAnswerBecomesContent() public {
        minted(ALICE);
        equal(token.ownerOf(id), ALICE);
        isTrue(token.verify(prompt, answer, proof), "proved");
        vm.expectEmit(true, true, true, true, address(token));
        emit IERC7007.AigcData(id, prompt, answer, proof);
        vm.prank(ALICE);
        token.addAigcData(id, prompt, answer, proof);
        isTrue(token.proved(id), "kept");
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(InferenceToken.AlreadyProved.selector, id));
        token.addAigcData(id, prompt, answer, proof);
    }

    function testFuzzWhateverElseIsFalse(bytes calldata other) public view {
        vm.assume(keccak256(other) != keccak256(prompt) && keccak256(other) != keccak256(answer));
        isTrue(!token.verify(other, answer, proof), "another prompt");
        isTrue(!token.verify(prompt, other, proof), "another answer");
        isTrue(!token.verify(prompt, answer, other), "no proof");
        uint256[] memory s = statement(1, bound());
        isTrue(!token.verify(prompt, answer, abi.encode(s, bytes("forged"), bound())), "a forged one");
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        s = statement(1, b);
        isTrue(!token.verify(prompt, answer, abi.encode(s, adapter.proofOf(s), b)), "bound to something else");
    }

    function testWrongContentIsRefusedAndTheTokenStaysOpen() public {
        minted(ALICE);
        vm.startPrank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(InferenceToken.NotProved.selector, id));
        token.addAigcData(id, prompt, "other", proof);
        vm.expectRevert(abi.encodeWithSelector(InferenceToken.OtherPrompt.selector, id));
        token.addAigcData(id, "other", answer, proof);
        vm.stopPrank();
        isTrue(!token.proved(id), "open");
        vm.prank(BOB);
        vm.expectRevert(abi.encodeWithSelector(InferenceToken.NotTokenOwner.selector, id, BOB));
        token.addAigcData(id, prompt, answer, proof);
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, 1));
        token.addAigcData(1, prompt, answer, proof);
    }

    function testAClaimIsTheClaimersAndRipensAndRots() public {
        bytes32 commitment = keccak256(abi.encode(ALICE, prompt, bytes32("salt")));
        vm.prank(ALICE);
        token.claim(commitment);
        vm.expectRevert(abi.encodeWithSelector(InferenceToken.AlreadyClaimed.selector, commitment));
        token.claim(commitment);
        uint256 since = 1_700_000_000; // not block.timestamp: the optimizer would read it again after a warp
        bytes32 copied = keccak256(abi.encode(BOB, prompt, bytes32("salt")));
        vm.warp(since + 60);
        vm.prank(BOB);
        vm.expectRevert(abi.encodeWithSelector(InferenceToken.ClaimNotRipe.selector, copied, 0));
        token.mint(prompt, "salt");
        bytes memory reason = abi.encodeWithSelector(InferenceToken.ClaimNotRipe.selector, commitment, since);
        uint256[2] memory bad = [since + 59, since + 1 days + 1];
        for (uint256 i = 0; i < bad.length; ++i) {
            vm.warp(bad[i]);
            vm.prank(ALICE);
            vm.expectRevert(reason);
            token.mint(prompt, "salt");
        }
        vm.warp(since + 1 days);
        vm.prank(ALICE);
        token.mint(prompt, "salt");
    }

    function testAPromptIsMintedOnce() public {
        minted(ALICE);
        bytes32 commitment = keccak256(abi.encode(BOB, prompt, bytes32("salt")));
        vm.startPrank(BOB);
        token.claim(commitment);
        vm.warp(block.timestamp + 60);
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721InvalidSender.selector, address(0)));
        token.mint(prompt, "salt");
        vm.stopPrank();
    }
}
