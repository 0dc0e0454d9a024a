// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {InferenceGateway} from "../../../contracts/InferenceGateway.sol";
import {ModelRegistry} from "../../../contracts/ModelRegistry.sol";
import {IInferenceGateway} from "../../../contracts/interfaces/IInferenceGateway.sol";
import {FixedVerifier} from "./FixedVerifier.sol";
import {Vm} from "./Vm.sol";

/// @dev Does anything that anyone may do, in any order, and keeps its own books.
contract GatewayHandler {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    InferenceGateway private immutable gateway;
    ModelRegistry private immutable registry;
    FixedVerifier private immutable adapter;
    uint256 private immutable modelId;

    bytes32[] public statements;
    mapping(bytes32 statement => bytes32) public firstRecord;
    uint256 public accepted;
    uint256 public acceptedTwice;
    uint256 public acceptedWhenStopped;
    uint256 public acceptedFromAnother;

    constructor(InferenceGateway gateway_, ModelRegistry registry_, FixedVerifier adapter_, uint256 modelId_) {
        gateway = gateway_;
        registry = registry_;
        adapter = adapter_;
        modelId = modelId_;
    }

    function count() external view returns (uint256) {
        return statements.length;
    }

    /// @dev Few values of everything, so that the same statement comes up again and again.
    function submit(uint8 sender, uint8 account, uint8 nonce, uint8 output, bool honest, bool forRequest) external {
        IInferenceGateway.Binding memory b = IInferenceGateway.Binding(
            forRequest ? address(0) : address(uint160(account % 2 + 1)),
            forRequest ? bytes32(uint256(account % 2 + 1)) : bytes32(0),
            nonce % 2,
            uint64(block.timestamp + 1)
        );
        uint256[] memory instances = new uint256[](15);
        (instances[2], instances[3]) = (77, output % 2);
        uint256 tag = gateway.bindingTag(modelId, b);
        for (uint256 i = 0; i < 9; ++i) {
            instances[6 + i] = tag >> (28 * i) & (2 ** 28 - 1);
        }
        bytes memory proof = honest ? adapter.proofOf(instances) : bytes("forged");
        address from = address(uint160(sender % 2 + 1));
        vm.prank(from);
        try gateway.submit(modelId, instances, proof, b) returns (bytes32 statement) {
            keep(statement, honest && (forRequest || from == b.account));
        } catch {}
    }

    function pass(uint16 time) external {
        vm.warp(block.timestamp + time % 3);
    }

    function stop(uint8 chance) external {
        if (chance < 8 && !registry.stopped(modelId)) {
            vm.prank(registry.ownerOf(modelId));
            registry.stop(modelId);
        }
    }

    function keep(bytes32 statement, bool rightful) private {
        accepted += 1;
        if (!rightful) acceptedFromAnother += 1;
        if (registry.stopped(modelId)) acceptedWhenStopped += 1;
        if (firstRecord[statement] != 0) acceptedTwice += 1;
        firstRecord[statement] = keccak256(abi.encode(gateway.recordOf(statement)));
        statements.push(statement);
    }
}
