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
        bound.layout = IModelRegistry.Layout(2, 0, 0, 0, 1, 1, 0, 0);
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

    /// @dev Of all words in the tag's place, the gateway accepts the binding's tag, and no others: whatever the binding
    /// is, in time and from whom it names. The words from the order on are among them.
    function check_onlyTheTagIsAccepted(
        uint256 word,
        uint256 output,
        address sender,
        IInferenceGateway.Binding memory binding
    ) public {
        vm.assume(output < Bn254.R && binding.deadline >= block.timestamp);
        vm.assume((binding.account == address(0)) != (binding.request == 0));
        vm.assume(binding.account == address(0) || binding.account == sender);
        uint256[] memory instances = new uint256[](2);
        (instances[0], instances[1]) = (output, word);
        bytes memory data = abi.encodeCall(IInferenceGateway.submit, (boundId, instances, "", binding));
        vm.prank(sender);
        (bool done,) = address(gateway).call(data);
        assert(done == (word == gateway.bindingTag(boundId, binding)));
    }

    /// @dev Whatever a binding's hash is, its tag is all of it but the top four bits, and lies in the field.
    function check_tagsLieInTheField(uint256 id, IInferenceGateway.Binding memory binding) public view {
        bytes32 hash =
            keccak256(abi.encode(keccak256("zkchain.binding.v1"), block.chainid, address(gateway), id, binding));
        uint256 tag = gateway.bindingTag(id, binding);
        assert(tag < Bn254.R);
        assert(tag == (uint256(hash) << 4) >> 4);
    }

    /// @dev Of all words, those below the order are accepted: one for each element.
    function check_oneWordForEachElement(uint256 word) public {
        uint256[] memory instances = new uint256[](1);
        instances[0] = word;
        IInferenceGateway.Binding memory none;
        (bool done,) = address(gateway).call(abi.encodeCall(IInferenceGateway.submit, (modelId, instances, "", none)));
        assert(done == (word < Bn254.R));
    }

    /// @dev A field element and the signed number that it stands for are the same modulo the order.
    function check_signedIsTheSameModuloTheOrder(uint256 element) public pure {
        vm.assume(element < Bn254.R);
        int256 value = Bn254.signed(element);
        assert(value >= 0 ? uint256(value) == element : uint256(-value) == Bn254.R - element);
        assert(value <= int256(Bn254.R / 2) && value >= -int256(Bn254.R / 2));
    }
}
