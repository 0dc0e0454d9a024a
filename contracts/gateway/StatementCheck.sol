// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERCZKMLVerifier} from "../interfaces/IERCZKMLVerifier.sol";
import {IInferenceGateway} from "../interfaces/IInferenceGateway.sol";
import {IModelRegistry} from "../interfaces/IModelRegistry.sol";
import {IModelVerifier} from "../interfaces/IModelVerifier.sol";
import {Bn254} from "../libraries/Bn254.sol";
import {CodePin} from "../libraries/CodePin.sol";
import {LayoutCheck} from "../libraries/LayoutCheck.sol";

/// @title Everything that must hold of a statement, its proof and its binding
abstract contract StatementCheck is IInferenceGateway, IERCZKMLVerifier {
    bytes32 private constant _BINDING_DOMAIN = keccak256("zkchain.binding.v1");
    bytes32 private constant _STATEMENT_DOMAIN = keccak256("zkchain.statement.v1");
    bytes32 private constant _INPUT_DOMAIN = keccak256("zkchain.input.v1");
    /// @dev What a tag keeps of its hash: every number of 252 bits is below the order, so a field element as it is.
    uint256 private constant _TAG_MASK = (1 << 252) - 1;

    address internal immutable _REGISTRY;

    constructor(address registry_) {
        if (registry_.code.length == 0) revert CodePin.NoCode(registry_);
        // The check has refused an address without code, and so the zero address.
        // slither-disable-next-line missing-zero-check
        _REGISTRY = registry_;
    }

    /// @inheritdoc IInferenceGateway
    function registry() external view override(IInferenceGateway, IERCZKMLVerifier) returns (address) {
        return _REGISTRY;
    }

    /// @inheritdoc IInferenceGateway
    function check(uint256 modelId, uint256[] calldata instances, bytes calldata proof) external view {
        _checkProof(_checkedRoute(modelId, instances).adapter, instances, proof);
    }

    /// @inheritdoc IInferenceGateway
    function checkBound(uint256 modelId, uint256[] calldata instances, bytes calldata proof, Binding calldata binding)
        external
        view
    {
        IModelRegistry.Route memory route = _checkedRoute(modelId, instances);
        _checkBinding(modelId, route.layout, instances, binding, msg.sender);
        _checkProof(route.adapter, instances, proof);
    }

    /// @inheritdoc IInferenceGateway
    function bindingTag(uint256 modelId, Binding calldata binding) public view returns (uint256 tag) {
        bytes memory parts = abi.encode(
            _BINDING_DOMAIN,
            block.chainid,
            address(this),
            modelId,
            binding.account,
            binding.request,
            binding.nonce,
            binding.deadline
        );
        return uint256(keccak256(parts)) & _TAG_MASK;
    }

    /// @inheritdoc IInferenceGateway
    function statementOf(uint256 modelId, uint256[] calldata instances) public view returns (bytes32 statement) {
        bytes32 content = keccak256(abi.encodePacked(instances));
        return keccak256(abi.encode(_STATEMENT_DOMAIN, block.chainid, address(this), modelId, content));
    }

    /// @inheritdoc IInferenceGateway
    function inputCommitmentOf(uint256 modelId, uint256[] calldata instances) external view returns (bytes32) {
        return _inputCommitment(modelId, _checkedRoute(modelId, instances).layout, instances);
    }

    /// @dev Everything that must hold before a proof of this model is worth checking, apart from the binding.
    function _checkedRoute(uint256 modelId, uint256[] calldata instances)
        internal
        view
        returns (IModelRegistry.Route memory route)
    {
        route = IModelRegistry(_REGISTRY).routeOf(modelId);
        if (route.stopped) revert ModelIsStopped(modelId);
        CodePin.check(route.adapter, route.adapterCodeHash);
        if (instances.length != route.layout.instanceCount) {
            revert InstanceCountMismatch(route.layout.instanceCount, instances.length);
        }
        for (uint256 i = 0; i < instances.length; ++i) {
            if (instances[i] >= Bn254.R) revert InstanceOutOfField(i);
        }
        _checkRanges(route.ranges, instances);
        if (route.layout.paramsCount != 0) {
            bytes32 found =
                keccak256(abi.encodePacked(_slice(instances, route.layout.paramsStart, route.layout.paramsCount)));
            if (found != route.paramsDigest) revert ParamsDigestMismatch(route.paramsDigest, found);
        }
    }

    /// @dev Whatever an adapter or what is behind it says, there is one error for it: other contracts' words are not
    /// passed on as the gateway's.
    function _checkProof(address adapter, uint256[] calldata instances, bytes calldata proof) internal view {
        try IModelVerifier(adapter).verify(instances, proof) {}
        catch {
            revert InvalidProof();
        }
    }

    function _checkBinding(
        uint256 modelId,
        IModelRegistry.Layout memory layout,
        uint256[] calldata instances,
        Binding calldata binding,
        address caller
    ) internal view {
        bool forAccount = binding.account != address(0);
        bool forRequest = binding.request != 0;
        if (layout.bindingStart == LayoutCheck.NO_BINDING) {
            if (forAccount || forRequest || binding.nonce != 0 || binding.deadline != 0) revert UnexpectedBinding();
            return;
        }
        if (forAccount == forRequest) revert AmbiguousBinding(binding.account, binding.request);
        // A validator can shift the time by seconds; a deadline is in minutes or more.
        // slither-disable-next-line timestamp
        if (binding.deadline < block.timestamp) revert DeadlinePassed(binding.deadline, block.timestamp);
        if (forAccount && caller != binding.account) revert WrongAccount(binding.account, caller);
        // No circuit constrains the tag: a proof holds for one alone because all instances enter its challenges.
        if (instances[layout.bindingStart] != bindingTag(modelId, binding)) revert BindingMismatch();
    }

    function _inputCommitment(uint256 modelId, IModelRegistry.Layout memory layout, uint256[] calldata instances)
        internal
        view
        returns (bytes32)
    {
        bool bound = layout.bindingStart != LayoutCheck.NO_BINDING;
        bytes32 input = keccak256(abi.encodePacked(_slice(instances, layout.inputStart, layout.inputCount)));
        bytes32 tag = keccak256(abi.encodePacked(_slice(instances, bound ? layout.bindingStart : 0, bound ? 1 : 0)));
        return keccak256(abi.encode(_INPUT_DOMAIN, block.chainid, address(this), modelId, input, tag));
    }

    /// @dev The registry has checked that every part lies inside the instances.
    function _slice(uint256[] calldata instances, uint256 start, uint256 count)
        internal
        pure
        returns (uint256[] calldata)
    {
        return instances[start:start + count];
    }

    function _checkRanges(IModelRegistry.Range[] memory ranges, uint256[] calldata instances) private pure {
        for (uint256 i = 0; i < ranges.length; ++i) {
            IModelRegistry.Range memory range = ranges[i];
            for (uint256 at = range.start; at < uint256(range.start) + range.count; ++at) {
                int256 value = Bn254.signed(instances[at]);
                if (value < range.low || value > range.high) {
                    revert InstanceOutOfRange(at, value, range.low, range.high);
                }
            }
        }
    }
}
