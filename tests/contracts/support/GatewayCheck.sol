// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {InferenceGateway} from "../../../contracts/InferenceGateway.sol";
import {ModelRegistry} from "../../../contracts/ModelRegistry.sol";
import {IInferenceGateway} from "../../../contracts/interfaces/IInferenceGateway.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {Check} from "./Check.sol";
import {FixedVerifier} from "./FixedVerifier.sol";

/// @dev A registry, a gateway, and a bound model with 2 inputs, 3 outputs, 1 parameter hash and 1 tag.
abstract contract GatewayCheck is Check {
    uint256 internal constant R = 21888242871839275222246405745257275088548364400416034343698204186575808495617;
    uint32 internal constant NO_BINDING = type(uint32).max;
    bytes32 internal constant CIRCUIT = keccak256("circuit");
    bytes32 internal constant KEY = keccak256("key");
    uint256 internal constant PARAMS = 77;
    address internal constant ALICE = address(0xA11CE);
    address internal constant BOB = address(0xB0B);

    ModelRegistry internal registry;
    InferenceGateway internal gateway;
    FixedVerifier internal adapter;
    uint256 internal modelId;

    function setUp() public virtual {
        vm.chainId(31337);
        vm.warp(1_700_000_000);
        registry = new ModelRegistry();
        gateway = new InferenceGateway(address(registry));
        adapter = new FixedVerifier(CIRCUIT, KEY);
        modelId = registry.register(version(), none());
    }

    function layout() internal pure returns (IModelRegistry.Layout memory) {
        return IModelRegistry.Layout({
            instanceCount: 7,
            inputStart: 0,
            inputCount: 2,
            outputStart: 3,
            outputCount: 3,
            bindingStart: 6,
            paramsStart: 2,
            paramsCount: 1
        });
    }

    function version() internal view returns (IModelRegistry.ModelVersion memory) {
        return IModelRegistry.ModelVersion({
            circuitDigest: CIRCUIT,
            modelDigest: keccak256("model"),
            adapter: address(adapter),
            adapterCodeHash: address(adapter).codehash,
            keyDigest: KEY,
            paramsDigest: keccak256(abi.encodePacked(PARAMS)),
            layout: layout(),
            devSrs: true,
            name: "test model"
        });
    }

    function none() internal pure returns (IModelRegistry.Range[] memory) {
        return new IModelRegistry.Range[](0);
    }

    /// @dev The same model without a tag.
    function unboundModel() internal returns (uint256) {
        FixedVerifier other = new FixedVerifier(keccak256("unbound"), KEY);
        IModelRegistry.ModelVersion memory changed = version();
        changed.circuitDigest = keccak256("unbound");
        changed.adapter = address(other);
        changed.adapterCodeHash = address(other).codehash;
        changed.layout.bindingStart = NO_BINDING;
        changed.layout.instanceCount = 6;
        return registry.register(changed, none());
    }

    function forAccount(address account) internal view returns (IInferenceGateway.Binding memory) {
        return IInferenceGateway.Binding(account, 0, 1, uint64(block.timestamp + 60));
    }

    /// @dev The tag, computed here a second time from the text of the specification.
    function tagOf(InferenceGateway at, uint256 model, IInferenceGateway.Binding memory b)
        internal
        view
        returns (uint256)
    {
        bytes32 domain = keccak256("zkchain.binding.v1");
        bytes memory parts =
            abi.encode(domain, block.chainid, address(at), model, b.account, b.request, b.nonce, b.deadline);
        return uint256(keccak256(parts)) % 2 ** 252;
    }

    function statement(int256 first, IInferenceGateway.Binding memory b)
        internal
        view
        returns (uint256[] memory instances)
    {
        instances = new uint256[](7);
        (instances[0], instances[1], instances[2]) = (11, 12, PARAMS);
        instances[3] = first < 0 ? R - uint256(-first) : uint256(first);
        instances[4] = R - 5;
        instances[5] = 5;
        instances[6] = tagOf(gateway, modelId, b);
    }

    function submitAs(address sender, uint256[] memory instances, IInferenceGateway.Binding memory b)
        internal
        returns (bytes32)
    {
        bytes memory proof = adapter.proofOf(instances);
        vm.prank(sender);
        return gateway.submit(modelId, instances, proof, b);
    }

    function refusal(bytes memory reason, address sender, uint256[] memory s, IInferenceGateway.Binding memory b)
        internal
    {
        bytes memory proof = adapter.proofOf(s);
        vm.prank(sender);
        vm.expectRevert(reason);
        gateway.submit(modelId, s, proof, b);
        equal(gateway.recordOf(gateway.statementOf(modelId, s)).recordedAt, 0);
    }

    function submission(uint256[] memory instances, IInferenceGateway.Binding memory b)
        internal
        view
        returns (IInferenceGateway.Submission memory)
    {
        return IInferenceGateway.Submission(modelId, instances, adapter.proofOf(instances), b);
    }
}
