// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERCZKMLRegistry} from "../interfaces/IERCZKMLRegistry.sol";
import {Probe} from "./Probe.sol";

/// @title What ERC-7992 demands of a registry
// A probe calls the contract it was sent to, and in no order that matters.
// slither-disable-start reentrancy-no-eth,reentrancy-benign,low-level-calls
contract RegistryProbe is Probe {
    bytes4 private constant _SYSTEM = bytes4(keccak256("halo2-kzg-bn254-v1"));

    function _rules(address target) internal override {
        _rule165(target);
        (bool ok, bool answer) = _supports(target, type(IERCZKMLRegistry).interfaceId);
        _note("erc7992.registry.id: supportsInterface(0xd28519b1) is true", ok && answer, "");

        (bool first, uint256 id) = _registered(target, "first");
        _note("erc7992.register: anyone can register a model", first, "");
        (bool second, uint256 other) = _registered(target, "first");
        _note("erc7992.register.unique: every registration gets an id of its own", first && second && id != other, "");
        _reads(target, id, other);
        _unknown(target, uint256(keccak256(abi.encode("no such model", target))));
        _strangers(target, id);
        _owner(target, id, other);
    }

    function _reads(address target, uint256 id, uint256 other) private {
        _note("erc7992.get.commitment: getModel gives the commitment as registered", _holds(target, id, "first"), "");
        (bool ok, bool deprecated, address owner) = _status(target, id);
        _note("erc7992.get.owner: getModel gives who registered the model", ok && owner == address(this), "");
        _note("erc7992.get.live: a fresh model is not deprecated", ok && !deprecated, "");
        (bool theirs, bytes memory data) =
            _STRANGER.tries(target, abi.encodeCall(IERCZKMLRegistry.registerModel, (_commitment("first"))));
        bool distinct = theirs && data.length == 32 && uint256(bytes32(data)) != id && uint256(bytes32(data)) != other;
        (ok,, owner) = distinct ? _status(target, uint256(bytes32(data))) : (false, false, address(0));
        _note(
            "erc7992.register.owner: the same commitment by another is another model, and its own",
            ok && owner == address(_STRANGER),
            ""
        );
    }

    function _unknown(address target, uint256 id) private {
        bytes memory reason = abi.encodeWithSelector(IERCZKMLRegistry.ModelNotFound.selector, id);
        (bool ok, bytes memory found) = target.call(abi.encodeCall(IERCZKMLRegistry.getModel, (id)));
        _refuses("erc7992.get.unknown: getModel of no model reverts with ModelNotFound", ok, found, reason);
        (ok, found) = target.call(abi.encodeCall(IERCZKMLRegistry.updateModel, (id, _commitment("second"))));
        _note("erc7992.update.unknown: updateModel of no model reverts", !ok, found);
        (ok, found) = target.call(abi.encodeCall(IERCZKMLRegistry.deprecateModel, (id)));
        _note("erc7992.deprecate.unknown: deprecateModel of no model reverts", !ok, found);
    }

    function _strangers(address target, uint256 id) private {
        bytes memory reason = abi.encodeWithSelector(IERCZKMLRegistry.NotModelOwner.selector, id, address(_STRANGER));
        (bool ok, bytes memory found) =
            _STRANGER.tries(target, abi.encodeCall(IERCZKMLRegistry.updateModel, (id, _commitment("second"))));
        _refuses(
            "erc7992.update.stranger: updateModel by another reverts with NotModelOwner(id, caller)", ok, found, reason
        );
        (ok, found) = _STRANGER.tries(target, abi.encodeCall(IERCZKMLRegistry.deprecateModel, (id)));
        _refuses(
            "erc7992.deprecate.stranger: deprecateModel by another reverts with NotModelOwner(id, caller)",
            ok,
            found,
            reason
        );
        (bool read, bool deprecated, address owner) = _status(target, id);
        bool same = read && !deprecated && owner == address(this) && _holds(target, id, "first");
        _note("erc7992.stranger.effect: what another tried changed nothing", same, "");
    }

    function _owner(address target, uint256 id, uint256 other) private {
        (bool ok, bytes memory found) =
            target.call(abi.encodeCall(IERCZKMLRegistry.updateModel, (id, _commitment("second"))));
        _note("erc7992.update.owner: the owner can update", ok, found);
        // An update may count at once, or after a delay that the registry documents.
        bool either = _holds(target, id, "second") || _holds(target, id, "first");
        _note("erc7992.update.get: getModel then gives the new commitment, or the old one until then", either, "");
        (ok, found) = target.call(abi.encodeCall(IERCZKMLRegistry.deprecateModel, (id)));
        _note("erc7992.deprecate.owner: the owner can deprecate", ok, found);
        (bool read, bool deprecated, address owner) = _status(target, id);
        _note("erc7992.deprecate.get: getModel then says so", read && deprecated, "");
        _note("erc7992.deprecate.keeps: a deprecated model keeps its owner", read && owner == address(this), "");
        (read, deprecated, owner) = _status(target, other);
        bool alone = read && !deprecated && owner == address(this) && _holds(target, other, "first");
        _note("erc7992.deprecate.alone: other models are what they were", alone, "");
    }

    function _registered(address target, string memory name) private returns (bool ok, uint256 id) {
        bytes memory data;
        (ok, data) = target.call(abi.encodeCall(IERCZKMLRegistry.registerModel, (_commitment(name))));
        ok = ok && data.length == 32;
        if (ok) id = uint256(bytes32(data));
    }

    function _holds(address target, uint256 id, string memory name) private view returns (bool) {
        (bool ok, bytes memory data) = target.staticcall(abi.encodeCall(IERCZKMLRegistry.getModel, (id)));
        if (!ok) return false;
        // Only the commitment is compared here: the head is its offset, the flag and the owner.
        (, bool deprecated, address owner) = _status(target, id);
        return keccak256(data) == keccak256(abi.encode(_commitment(name), deprecated, owner));
    }

    function _status(address target, uint256 id) private view returns (bool ok, bool deprecated, address owner) {
        bytes memory data;
        (ok, data) = target.staticcall(abi.encodeCall(IERCZKMLRegistry.getModel, (id)));
        if (!ok || data.length < 96) return (false, false, address(0));
        uint256 flag;
        uint256 account;
        (, flag, account) = abi.decode(data, (uint256, uint256, uint256));
        return (flag <= 1 && account < 1 << 160, flag == 1, address(uint160(account)));
    }

    function _commitment(string memory name) private pure returns (IERCZKMLRegistry.ModelCommitment memory) {
        bytes32 seed = keccak256(bytes(name));
        return IERCZKMLRegistry.ModelCommitment(seed, ~seed, seed << 1, _SYSTEM, string.concat("ipfs://", name));
    }
}
// slither-disable-end reentrancy-no-eth,reentrancy-benign,low-level-calls
