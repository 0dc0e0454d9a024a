// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {InferenceGateway} from "../../../contracts/InferenceGateway.sol";
import {ModelRegistry} from "../../../contracts/ModelRegistry.sol";
import {IERCZKMLRegistry} from "../../../contracts/interfaces/IERCZKMLRegistry.sol";
import {IInferenceGateway} from "../../../contracts/interfaces/IInferenceGateway.sol";
import {IModelRegistry} from "../../../contracts/interfaces/IModelRegistry.sol";
import {FixedVerifier} from "./FixedVerifier.sol";
import {Vm} from "./Vm.sol";

/// @dev Does anything that anyone may do, in any order, and keeps its own books. Few values of everything, so that the
/// same statement, id and account come up again and again.
contract GatewayHandler {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    InferenceGateway private immutable gateway;
    ModelRegistry private immutable registry;
    FixedVerifier private immutable adapter;
    uint256 private immutable modelId;
    IModelRegistry.ModelVersion private _version;

    bytes32[] public statements;
    uint256[] public ids; // of versions and models, all that were ever registered
    mapping(bytes32 statement => bytes32) public firstRecord;
    mapping(uint256 id => bytes32) public firstVersion;
    mapping(uint256 id => bool) public everStopped;
    mapping(uint256 id => address) public rightfulOwner;
    mapping(uint256 id => address) private _offeredTo;
    mapping(uint256 id => uint256) public defaultVersion;
    mapping(uint256 id => uint256) public noticeUntil;
    uint256 public accepted;
    uint256 public acceptedTwice;
    uint256 public acceptedWhenStopped;
    uint256 public acceptedFromAnother;
    uint256 public stoppedByStrangers;
    uint256 public changedByStrangers;
    uint256 public changedWithoutNotice;

    constructor(
        InferenceGateway gateway_,
        ModelRegistry registry_,
        FixedVerifier adapter_,
        uint256 modelId_,
        address owner
    ) {
        (gateway, registry, adapter, modelId) = (gateway_, registry_, adapter_, modelId_);
        _version = registry_.getVersion(modelId_);
        _know(modelId_, owner);
    }

    function count() external view returns (uint256) {
        return statements.length;
    }

    function known() external view returns (uint256) {
        return ids.length;
    }

    // --- answers -----------------------------------------------------------------------------------------------------

    function submit(uint8 sender, uint8 account, uint8 nonce, uint8 output, bool honest, uint8 way) external {
        bool forRequest = way % 2 == 0;
        IInferenceGateway.Binding memory b = IInferenceGateway.Binding(
            forRequest ? address(0) : _account(account),
            forRequest ? bytes32(uint256(account % 2 + 1)) : bytes32(0),
            nonce % 2,
            uint64(block.timestamp + 1)
        );
        uint256[] memory instances = new uint256[](7);
        (instances[2], instances[3]) = (77, output % 2);
        instances[6] = gateway.bindingTag(modelId, b);
        bytes memory proof = honest ? adapter.proofOf(instances) : bytes("forged");
        address from = _account(sender);
        bytes32 statement = gateway.statementOf(modelId, instances);
        if (_send(from, IInferenceGateway.Submission(modelId, instances, proof, b), way)) {
            _keep(statement, honest && (forRequest || from == b.account));
        }
    }

    function _send(address from, IInferenceGateway.Submission memory one, uint8 way) private returns (bool) {
        vm.startPrank(from);
        bool done;
        if (way % 3 == 0) {
            try gateway.submit(one.modelId, one.instances, one.proof, one.binding) {
                done = true;
            } catch {}
        } else if (way % 3 == 1) {
            IInferenceGateway.Submission[] memory many = new IInferenceGateway.Submission[](1);
            many[0] = one;
            done = gateway.submitMany(many)[0].accepted;
        } else {
            bytes memory output = abi.encodePacked(one.instances[3], one.instances[4], one.instances[5]);
            try gateway.inputCommitmentOf(modelId, one.instances) returns (bytes32 input) {
                bytes memory proof = abi.encode(one.instances, one.proof, one.binding);
                try gateway.verifyAndStoreInference(modelId, input, output, proof) {
                    done = true;
                } catch {}
            } catch {}
        }
        vm.stopPrank();
        return done;
    }

    // --- ids ---------------------------------------------------------------------------------------------------------

    function register(uint8 owner, uint8 salt, bool pinned) external {
        bytes32 circuit = keccak256(abi.encode("circuit", salt % 3));
        FixedVerifier fresh = new FixedVerifier(circuit, _version.keyDigest);
        IModelRegistry.ModelVersion memory version = _version;
        (version.circuitDigest, version.adapter) = (circuit, address(fresh));
        version.adapterCodeHash = pinned ? address(fresh).codehash : keccak256("other code");
        vm.prank(_account(owner));
        try registry.register(version, new IModelRegistry.Range[](0)) returns (uint256 id) {
            _know(id, _account(owner));
        } catch {}
    }

    function registerModel(uint8 owner, uint8 salt) external {
        IERCZKMLRegistry.ModelCommitment memory commitment = _commitment(salt);
        vm.prank(_account(owner));
        _know(registry.registerModel(commitment), _account(owner));
    }

    function update(uint8 sender, uint8 which, uint8 salt) external {
        uint256 id = ids[which % ids.length];
        uint256 before = registry.versionOf(id);
        IERCZKMLRegistry.ModelCommitment memory commitment = _commitment(salt);
        vm.prank(_account(sender));
        try registry.updateModel(id, commitment) {
            if (_account(sender) != rightfulOwner[id]) changedByStrangers += 1;
            if (registry.versionOf(id) != before) changedWithoutNotice += 1;
            (defaultVersion[id], noticeUntil[id]) = (before, block.timestamp + 1 days);
        } catch {}
    }

    function offer(uint8 sender, uint8 which, uint8 to) external {
        uint256 id = ids[which % ids.length];
        vm.prank(_account(sender));
        try registry.transferOwnership(id, _account(to)) {
            if (_account(sender) != rightfulOwner[id]) changedByStrangers += 1;
            _offeredTo[id] = _account(to);
        } catch {}
    }

    function take(uint8 sender, uint8 which) external {
        uint256 id = ids[which % ids.length];
        vm.prank(_account(sender));
        try registry.acceptOwnership(id) {
            if (_offeredTo[id] != _account(sender)) changedByStrangers += 1;
            (rightfulOwner[id], _offeredTo[id]) = (_account(sender), address(0));
        } catch {}
    }

    function guard(uint8 sender, uint8 which, uint8 guardian) external {
        uint256 id = ids[which % ids.length];
        vm.prank(_account(sender));
        try registry.setGuardian(id, _account(guardian)) {
            if (_account(sender) != rightfulOwner[id]) changedByStrangers += 1;
        } catch {}
    }

    function stop(uint8 sender, uint8 which, uint8 chance, bool standard) external {
        if (chance >= 32) return;
        uint256 id = ids[which % ids.length];
        address from = chance == 0 ? rightfulOwner[id] : _account(sender);
        bool allowed = from == rightfulOwner[id] || (from == registry.guardianOf(id) && !standard);
        vm.prank(from);
        (bool done,) = address(registry)
            .call(standard ? abi.encodeCall(registry.deprecateModel, (id)) : abi.encodeCall(registry.stop, (id)));
        if (done && !allowed) stoppedByStrangers += 1;
        if (done) everStopped[id] = true;
    }

    function pass(uint32 time) external {
        vm.warp(block.timestamp + (time % 5 == 0 ? time % 2 days : time % 3));
    }

    // --- books -------------------------------------------------------------------------------------------------------

    function _keep(bytes32 statement, bool rightful) private {
        accepted += 1;
        if (!rightful) acceptedFromAnother += 1;
        if (registry.stopped(modelId)) acceptedWhenStopped += 1;
        if (firstRecord[statement] != 0) acceptedTwice += 1;
        firstRecord[statement] = keccak256(abi.encode(gateway.recordOf(statement)));
        statements.push(statement);
    }

    function _know(uint256 id, address owner) private {
        ids.push(id);
        rightfulOwner[id] = owner;
        if (registry.versionOf(id) == id) firstVersion[id] = keccak256(abi.encode(registry.getVersion(id)));
    }

    function _commitment(uint8 salt) private view returns (IERCZKMLRegistry.ModelCommitment memory) {
        bytes32 circuit = salt % 4 == 3 ? _version.circuitDigest : keccak256(abi.encode("circuit", salt % 4));
        return IERCZKMLRegistry.ModelCommitment(
            _version.modelDigest, circuit, _version.keyDigest, registry.PROOF_SYSTEM_ID(), ""
        );
    }

    function _account(uint8 number) private pure returns (address) {
        return address(uint160(number % 2 + 1));
    }
}
