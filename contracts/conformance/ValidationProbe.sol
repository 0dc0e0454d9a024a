// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC721Receiver} from "@openzeppelin/contracts/token/ERC721/IERC721Receiver.sol";

import {IValidationRegistry} from "../standards/IValidationRegistry.sol";
import {Probe} from "./Probe.sol";

/// @title What the draft of ERC-8004 demands of a validation registry
/// @notice The probe registers an agent of its own at the identity registry, asks for validations, and answers them.
// A probe calls the contract it was sent to, again and again, in no order that matters; not every answer is read.
// slither-disable-start reentrancy-no-eth,reentrancy-benign,low-level-calls,calls-loop,write-after-write
contract ValidationProbe is Probe, IERC721Receiver {
    bytes32 private constant _MINE = keccak256("a request to the probe");
    bytes32 private constant _THEIRS = keccak256("a request to somebody else");

    /// @inheritdoc IERC721Receiver
    function onERC721Received(address, address, uint256, bytes calldata) external pure returns (bytes4) {
        return IERC721Receiver.onERC721Received.selector;
    }

    function _rules(address target) internal override {
        (bool ok, bytes memory found) = target.call(abi.encodeCall(IValidationRegistry.getIdentityRegistry, ()));
        address agents = ok && found.length == 32 ? address(uint160(uint256(bytes32(found)))) : address(0);
        _note("erc8004.identity: getIdentityRegistry() is a contract", agents.code.length != 0, found);
        if (agents.code.length == 0) return;
        (ok, found) = agents.call(abi.encodeWithSignature("register()"));
        _note("erc8004.agent: anyone can register an agent there", ok && found.length == 32, found);
        if (!ok || found.length != 32) return;
        uint256 agent = uint256(bytes32(found));
        _requests(target, agent);
        _answers(target);
        _reads(target, agent);
    }

    function _requests(address target, uint256 agent) private {
        bytes memory mine = abi.encodeCall(IValidationRegistry.validationRequest, (address(this), agent, "", _MINE));
        (bool ok, bytes memory found) = _STRANGER.tries(target, mine);
        _note("erc8004.request.stranger: nobody else asks for an agent's validation", !ok, found);
        (ok, found) = target.call(mine);
        _note("erc8004.request.owner: its owner does", ok, found);
        (ok, found) = target.call(mine);
        _note("erc8004.request.unique: a request's hash is used once", !ok, found);
        (ok, found) = target.call(
            abi.encodeCall(IValidationRegistry.validationRequest, (address(_STRANGER), agent, "", _THEIRS))
        );
        _note("erc8004.request.other: of several validators", ok, found);
    }

    function _answers(address target) private {
        (bool ok, bytes memory found) = target.call(_answer(keccak256("no such request"), 1, ""));
        _note("erc8004.response.unknown: no request is no request to answer", !ok, found);
        (ok, found) = target.call(_answer(_THEIRS, 1, ""));
        _note("erc8004.response.other: only the validator that was asked answers", !ok, found);
        (ok, found) = target.call(_answer(_MINE, 101, ""));
        _note("erc8004.response.most: an answer is at most 100", !ok, found);
        (ok, found) = target.call(_answer(_MINE, 40, "soft"));
        bool again;
        (again, found) = target.call(_answer(_MINE, 100, "hard"));
        _note("erc8004.response.repeated: the validator answers, and may answer again", ok && again, found);
    }

    function _reads(address target, uint256 agent) private {
        bytes memory head = abi.encode(address(this), agent, uint256(100), keccak256("answer"));
        (bool ok, bytes memory found) =
            target.staticcall(abi.encodeCall(IValidationRegistry.getValidationStatus, (_MINE)));
        bool same = ok && found.length >= 192;
        for (uint256 i = 0; same && i < 4; ++i) {
            same = _wordAt(found, i) == _wordAt(head, i);
        }
        _note("erc8004.status: getValidationStatus gives validator, agent and the last answer", same, found);
        bytes32[] memory both = new bytes32[](2);
        (both[0], both[1]) = (_MINE, _THEIRS);
        (ok, found) = target.staticcall(abi.encodeCall(IValidationRegistry.getAgentValidations, (agent)));
        _note("erc8004.agent.list: an agent's requests are listed", ok && _equal(found, abi.encode(both)), found);
        bytes32[] memory one = new bytes32[](1);
        one[0] = _MINE;
        (ok, found) = target.staticcall(abi.encodeCall(IValidationRegistry.getValidatorRequests, (address(this))));
        _note("erc8004.validator.list: and a validator's", ok && _equal(found, abi.encode(one)), found);
        (ok, found) = target.staticcall(abi.encodeCall(IValidationRegistry.getSummary, (agent, new address[](0), "")));
        // The request that nobody answered does not count.
        bool sum = ok && _equal(found, abi.encode(uint64(1), uint8(100)));
        _note("erc8004.summary: getSummary counts and averages what was answered", sum, found);
        (ok, found) =
            target.staticcall(abi.encodeCall(IValidationRegistry.getSummary, (agent, new address[](0), "soft")));
        sum = ok && _equal(found, abi.encode(uint64(0), uint8(0)));
        _note("erc8004.summary.tag: and of a tag, only what has it", sum, found);
    }

    function _answer(bytes32 request, uint8 response, string memory tag) private pure returns (bytes memory) {
        return abi.encodeCall(IValidationRegistry.validationResponse, (request, response, "", keccak256("answer"), tag));
    }

    function _equal(bytes memory one, bytes memory other) private pure returns (bool) {
        return keccak256(one) == keccak256(other);
    }
}
// slither-disable-end reentrancy-no-eth,reentrancy-benign,low-level-calls,calls-loop,write-after-write
