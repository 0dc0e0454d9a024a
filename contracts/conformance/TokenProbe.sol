// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

import {IERC7007} from "../standards/IERC7007.sol";
import {Probe} from "./Probe.sol";

/// @title What ERC-7007 (final text) demands of a token of proved content, as far as it shows without an honest proof
// A probe calls the contract it was sent to, again and again, in no order that matters; not every answer is read.
// slither-disable-start reentrancy-no-eth,reentrancy-benign,low-level-calls,calls-loop,write-after-write
contract TokenProbe is Probe {
    function _rules(address target) internal override {
        _rule165(target);
        (bool ok, bool answer) = _supports(target, type(IERC721).interfaceId);
        _note("erc7007.erc721: supportsInterface(0x80ac58cd) is true", ok && answer, "");
        (ok, answer) = _supports(target, type(IERC7007).interfaceId);
        _note("erc7007.id: supportsInterface(0x702c55a6) is true", ok && answer, "");
        _noToken(target, uint256(keccak256(abi.encode("no such token", target))));
        _nonsense(target);
    }

    /// @dev What ERC-721 demands where there is no token, and that content is only added to one.
    function _noToken(address target, uint256 id) private {
        (bool ok, bytes memory found) = target.call(abi.encodeCall(IERC721.balanceOf, (address(0))));
        _note("erc7007.erc721.zero: balanceOf the zero address reverts", !ok, found);
        (ok, found) = target.call(abi.encodeCall(IERC721.ownerOf, (id)));
        _note("erc7007.erc721.owner: ownerOf no token reverts", !ok, found);
        (ok, found) = target.call(abi.encodeCall(IERC721.getApproved, (id)));
        _note("erc7007.erc721.approved: getApproved of no token reverts", !ok, found);
        (ok, found) = target.call(abi.encodeCall(IERC721.transferFrom, (address(this), address(_STRANGER), id)));
        _note("erc7007.erc721.transfer: transferFrom of no token reverts", !ok, found);
        (ok, found) = target.call(abi.encodeCall(IERC7007.addAigcData, (id, "prompt", "content", "proof")));
        _note("erc7007.add.unknown: addAigcData to no token reverts", !ok, found);
    }

    function _nonsense(address target) private {
        bytes[4] memory proofs = [
            bytes(""),
            new bytes(32),
            new bytes(4096),
            abi.encode(new uint256[](3), new bytes(64), address(this), bytes32(0), uint256(0), type(uint64).max)
        ];
        bool refused = true;
        bool plain = true;
        for (uint256 i = 0; i < proofs.length; ++i) {
            (bool ok, bytes memory found) =
                target.staticcall(abi.encodeCall(IERC7007.verify, ("prompt", "content", proofs[i])));
            refused = refused && !(ok && _isTrue(found));
            plain = plain && (!ok || (found.length == 32 && uint256(bytes32(found)) <= 1));
        }
        _note("erc7007.nonsense: verify does not say true of bytes that are no proof", refused, "");
        _note("erc7007.bool: and answers a static call with a bool, if it answers", plain, "");
    }
}
// slither-disable-end reentrancy-no-eth,reentrancy-benign,low-level-calls,calls-loop,write-after-write
