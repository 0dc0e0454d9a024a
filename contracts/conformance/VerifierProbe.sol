// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERCZKMLRegistry} from "../interfaces/IERCZKMLRegistry.sol";
import {IERCZKMLStorageExtension} from "../interfaces/IERCZKMLStorageExtension.sol";
import {IERCZKMLVerifier} from "../interfaces/IERCZKMLVerifier.sol";
import {Probe} from "./Probe.sol";

/// @title What ERC-7992 demands of a verifier, and of its storage extension where it claims to have it
/// @notice What an honest proof shows, the caller tries besides: it takes an account that the proof is bound to.
// A probe calls the contract it was sent to, and in no order that matters.
// slither-disable-start reentrancy-no-eth,reentrancy-benign,low-level-calls
contract VerifierProbe is Probe {
    bytes4 private constant _SYSTEM = bytes4(keccak256("halo2-kzg-bn254-v1"));
    bytes4 private constant _NO_SYSTEM = bytes4(keccak256("no-such-system-v0"));

    function _rules(address target) internal override {
        _rule165(target);
        (, bool whole) = _supports(target, type(IERCZKMLVerifier).interfaceId);
        (, bool bare) = _supports(target, IERCZKMLVerifier.verifyInference.selector);
        _note("erc7992.verifier.id: supportsInterface of 0x5df65472 or 0x80b171ef is true", whole || bare, "");

        (bool ok, address registry) = _registryOf(target);
        _note("erc7992.verifier.registry: registry() is a registry of ERC-7992", ok, abi.encode(registry));
        if (!ok) return;
        (, bool stores) = _supports(target, type(IERCZKMLStorageExtension).interfaceId);
        _refusals(target, IERCZKMLRegistry(registry), IERCZKMLVerifier.verifyInference.selector, "verify");
        if (stores) {
            bytes4 selector = IERCZKMLStorageExtension.verifyAndStoreInference.selector;
            _refusals(target, IERCZKMLRegistry(registry), selector, "store");
            _unknownInference(target);
        }
    }

    /// @dev Everything that has to revert, by one of the two functions.
    function _refusals(address target, IERCZKMLRegistry registry, bytes4 selector, string memory name) private {
        (bool works, uint256 live, uint256 strange, uint256 dead) = _models(registry);
        _note(string.concat("erc7992.", name, ".models: its registry takes and deprecates models"), works, "");
        if (!works) return;

        (bool ok, bytes memory found) = _verify(target, selector, dead, "");
        _refuses(
            string.concat("erc7992.", name, ".deprecated: reverts with VerificationRefused_ModelDeprecated(id)"),
            ok,
            found,
            abi.encodeWithSelector(IERCZKMLVerifier.VerificationRefused_ModelDeprecated.selector, dead)
        );
        (ok, found) = _verify(target, selector, strange, "");
        _refuses(
            string.concat("erc7992.", name, ".system: reverts with UnsupportedProofSystem(id) for one it cannot check"),
            ok,
            found,
            abi.encodeWithSelector(IERCZKMLVerifier.UnsupportedProofSystem.selector, _NO_SYSTEM)
        );
        (ok, found) = _verify(target, selector, uint256(keccak256("no such model")), "");
        _note(string.concat("erc7992.", name, ".unknown: reverts for a model that nobody registered"), !ok, found);
        _nonsense(target, selector, live, name);
        (ok, found) = target.staticcall(abi.encodeCall(IERCZKMLVerifier.proofSystemOf, (strange)));
        bool said = ok && found.length == 32 && bytes32(found) == bytes32(_NO_SYSTEM);
        _note(string.concat("erc7992.", name, ".systemOf: proofSystemOf is the registered commitment's"), said, found);
    }

    /// @dev A live model, one of a proof system that nobody has, and a deprecated one. A registry that fails is a
    /// finding, and not the end of the probe.
    function _models(IERCZKMLRegistry registry)
        private
        returns (bool works, uint256 live, uint256 strange, uint256 dead)
    {
        (works, live) = _registered(registry, _SYSTEM);
        if (works) (works, strange) = _registered(registry, _NO_SYSTEM);
        if (works) (works, dead) = _registered(registry, _SYSTEM);
        if (works) (works,) = address(registry).call(abi.encodeCall(IERCZKMLRegistry.deprecateModel, (dead)));
    }

    function _registered(IERCZKMLRegistry registry, bytes4 system) private returns (bool ok, uint256 id) {
        bytes memory data;
        (ok, data) = address(registry).call(abi.encodeCall(IERCZKMLRegistry.registerModel, (_commitment(system))));
        ok = ok && data.length == 32;
        if (ok) id = uint256(bytes32(data));
    }

    function _nonsense(address target, bytes4 selector, uint256 id, string memory name) private {
        bytes[5] memory proofs = [
            bytes(""),
            hex"00",
            new bytes(32),
            new bytes(4096),
            abi.encode(new uint256[](3), new bytes(64), address(this), bytes32(0), uint256(0), type(uint64).max)
        ];
        bool refused = true;
        bool named = true;
        for (uint256 i = 0; i < proofs.length; ++i) {
            (bool ok, bytes memory found) = _verify(target, selector, id, proofs[i]);
            refused = refused && !ok;
            named = named && !ok && found.length >= 4;
        }
        _note(string.concat("erc7992.", name, ".nonsense: reverts for bytes that are no proof"), refused, "");
        _note(string.concat("erc7992.", name, ".reason: and each time with an error, not without a word"), named, "");
    }

    function _unknownInference(address target) private {
        bytes32 id = keccak256(abi.encode("no such inference", target));
        (bool ok, bytes memory found) = target.staticcall(abi.encodeCall(IERCZKMLStorageExtension.getInference, (id)));
        bool empty = ok && found.length >= 96 && bytes32(found) == 0;
        _note("erc7992.store.nothing: getInference gives no answer that was not stored", !ok || empty, found);
    }

    function _verify(address target, bytes4 selector, uint256 id, bytes memory proof)
        private
        returns (bool ok, bytes memory found)
    {
        return target.call(abi.encodeWithSelector(selector, id, bytes32(uint256(1)), bytes("answer"), proof));
    }

    function _registryOf(address target) private view returns (bool ok, address registry) {
        bytes memory data;
        (ok, data) = target.staticcall(abi.encodeCall(IERCZKMLVerifier.registry, ()));
        if (!ok || data.length != 32) return (false, address(0));
        registry = address(uint160(uint256(bytes32(data))));
        (, bool answer) = _supports(registry, type(IERCZKMLRegistry).interfaceId);
        ok = registry.code.length != 0 && answer;
    }

    function _commitment(bytes4 system) private pure returns (IERCZKMLRegistry.ModelCommitment memory) {
        bytes32 seed = keccak256("probe");
        return IERCZKMLRegistry.ModelCommitment(seed, ~seed, seed << 1, system, "");
    }
}
// slither-disable-end reentrancy-no-eth,reentrancy-benign,low-level-calls
