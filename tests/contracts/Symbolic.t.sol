// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {InferenceGateway} from "../../contracts/InferenceGateway.sol";
import {ModelRegistry} from "../../contracts/ModelRegistry.sol";
import {IInferenceGateway} from "../../contracts/interfaces/IInferenceGateway.sol";
import {IModelRegistry} from "../../contracts/interfaces/IModelRegistry.sol";
import {Bn254} from "../../contracts/libraries/Bn254.sol";
import {SilentVerifier} from "./support/SilentVerifier.sol";
import {Vm} from "./support/Vm.sol";

/// @dev Proved by halmos for all values of the arguments, not tried for some: `make prove-contracts`. The verifier says
/// yes to everything, so what is shown holds whatever a proof system does.
contract SymbolicTest {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    ModelRegistry private registry;
    InferenceGateway private gateway;
    SilentVerifier private verifier;
    uint256 private modelId;
    uint256 private boundId;

    function setUp() public {
        registry = new ModelRegistry();
        gateway = new InferenceGateway(address(registry));
        verifier = new SilentVerifier();
        modelId = registry.register(_version(), new IModelRegistry.Range[](0));
        IModelRegistry.ModelVersion memory bound = _version();
        bound.adapter = address(new SilentVerifier());
        bound.layout = IModelRegistry.Layout(10, 0, 0, 0, 1, 1, 0, 0);
        boundId = registry.register(bound, new IModelRegistry.Range[](0));
    }

    function _version() private view returns (IModelRegistry.ModelVersion memory version) {
        version.circuitDigest = bytes32(uint256(1));
        version.modelDigest = bytes32(uint256(2));
        version.keyDigest = bytes32(uint256(3));
        version.adapter = address(verifier);
        version.adapterCodeHash = address(verifier).codehash;
        version.layout = IModelRegistry.Layout(1, 0, 0, 0, 1, type(uint32).max, 0, 0);
    }

    /// @dev One statement, whoever brings it and in whatever words, is accepted once.
    function check_noReplay(address first, address second, uint256 output) public {
        vm.assume(output < Bn254.R);
        uint256[] memory instances = new uint256[](1);
        instances[0] = output;
        IInferenceGateway.Binding memory none;
        vm.prank(first);
        gateway.submit(modelId, instances, "", none);
        vm.prank(second);
        (bool again,) =
            address(gateway).call(abi.encodeCall(IInferenceGateway.submit, (modelId, instances, "other", none)));
        assert(!again);
    }

    /// @dev Nobody but the owner hands an id over, sets a guardian or deprecates.
    function check_onlyTheOwner(address caller, address other, uint8 which) public {
        vm.assume(caller != address(this));
        bytes memory data = which % 3 == 0
            ? abi.encodeCall(registry.transferOwnership, (modelId, other))
            : which % 3 == 1
                ? abi.encodeCall(registry.setGuardian, (modelId, other))
                : abi.encodeCall(registry.deprecateModel, (modelId));
        vm.prank(caller);
        (bool done,) = address(registry).call(data);
        assert(!done);
        assert(registry.ownerOf(modelId) == address(this));
        assert(registry.guardianOf(modelId) == address(0));
    }

    /// @dev Nobody takes an id that was not offered to him.
    function check_ownershipNeedsAnOffer(address offered, address taker) public {
        registry.transferOwnership(modelId, offered);
        vm.prank(taker);
        (bool done,) = address(registry).call(abi.encodeCall(registry.acceptOwnership, (modelId)));
        assert(done == (taker == offered));
        assert(registry.ownerOf(modelId) == (done ? taker : address(this)));
    }

    /// @dev Nothing that anyone calls starts a stopped version again, and none of its proofs is accepted.
    function check_stoppedStaysStopped(address caller, address other, uint8 which, uint256 output) public {
        vm.assume(output < Bn254.R);
        registry.stop(modelId);
        bytes memory data = which % 4 == 0
            ? abi.encodeCall(registry.transferOwnership, (modelId, other))
            : which % 4 == 1
                ? abi.encodeCall(registry.setGuardian, (modelId, other))
                : which % 4 == 2
                    ? abi.encodeCall(registry.deprecateModel, (modelId))
                    : abi.encodeCall(registry.stop, (modelId));
        vm.prank(caller);
        (bool ignored,) = address(registry).call(data);
        ignored;
        assert(registry.stopped(modelId));
        uint256[] memory instances = new uint256[](1);
        instances[0] = output;
        IInferenceGateway.Binding memory none;
        (bool done,) = address(gateway).call(abi.encodeCall(IInferenceGateway.submit, (modelId, instances, "", none)));
        assert(!done);
    }

    /// @dev A version with other code behind its pin is not registered, whatever hash is claimed.
    function check_pinsAreKept(bytes32 claimed) public {
        IModelRegistry.ModelVersion memory version = _version();
        version.adapter = address(new SilentVerifier()); // the code is the same, so nothing else is in the way
        version.adapterCodeHash = claimed;
        (bool done,) =
            address(registry).call(abi.encodeCall(registry.register, (version, new IModelRegistry.Range[](0))));
        assert(done == (claimed == address(verifier).codehash));
    }

    /// @dev Of all limbs that a proof can carry, the gateway accepts those of the binding's tag, and no others.
    function check_onlyTheTagsLimbsAreAccepted(uint256[9] memory limbs) public {
        IInferenceGateway.Binding memory mine =
            IInferenceGateway.Binding(address(this), bytes32(0), 1, type(uint64).max);
        uint256 tag = gateway.bindingTag(boundId, mine);
        uint256[] memory instances = new uint256[](10);
        uint256 rebuilt;
        bool small = true;
        for (uint256 i = 0; i < 9; ++i) {
            vm.assume(limbs[i] < Bn254.R);
            instances[1 + i] = limbs[i];
            rebuilt |= (limbs[i] & ((1 << 28) - 1)) << (28 * i);
            small = small && limbs[i] < 1 << 28;
        }
        (bool done,) = address(gateway).call(abi.encodeCall(IInferenceGateway.submit, (boundId, instances, "", mine)));
        assert(done == (small && rebuilt == tag));
    }

    /// @dev Nine limbs of 28 bits hold a tag of 252 bits, and no two tags have the same limbs.
    function check_limbsHoldTheTag(uint256 tag, uint256 other) public pure {
        uint256 mask = (1 << 252) - 1;
        (tag, other) = (tag & mask, other & mask);
        uint256 rebuilt;
        bool same = true;
        for (uint256 i = 0; i < 9; ++i) {
            uint256 limb = (tag >> (28 * i)) & ((1 << 28) - 1);
            rebuilt |= limb << (28 * i);
            same = same && limb == (other >> (28 * i)) & ((1 << 28) - 1);
        }
        assert(rebuilt == tag);
        assert(same == (tag == other));
    }

    /// @dev A field element and the signed number that it stands for are the same modulo the order.
    function check_signedIsTheSameModuloTheOrder(uint256 element) public pure {
        vm.assume(element < Bn254.R);
        int256 value = Bn254.signed(element);
        assert(value >= 0 ? uint256(value) == element : uint256(-value) == Bn254.R - element);
        assert(value <= int256(Bn254.R / 2) && value >= -int256(Bn254.R / 2));
    }
}
