// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERCZKMLRegistry} from "../../contracts/interfaces/IERCZKMLRegistry.sol";
import {IModelRegistry} from "../../contracts/interfaces/IModelRegistry.sol";
import {CodePin} from "../../contracts/libraries/CodePin.sol";
import {ZKMLErrors} from "../../contracts/libraries/ZKMLErrors.sol";
import {FixedVerifier} from "./support/FixedVerifier.sol";
import {GatewayCheck} from "./support/GatewayCheck.sol";

contract ModelRegistryTest is GatewayCheck {
    function refuse(IModelRegistry.ModelVersion memory changed, bytes memory reason) private {
        vm.prank(BOB);
        vm.expectRevert(reason);
        registry.register(changed, none());
    }

    function testKeepsEveryFieldAndSaysSo() public {
        IModelRegistry.ModelVersion memory added = version();
        uint256 id = registry.modelIdOf(BOB, added.circuitDigest, added.adapter);
        vm.expectEmit(true, true, true, true, address(registry));
        emit IModelRegistry.VersionRegistered(id, BOB, added.circuitDigest, added.name);
        vm.prank(BOB);
        equal(registry.register(added, none()), id);
        equal(abi.encode(registry.getVersion(id)), abi.encode(added));
        equal(registry.ownerOf(id), BOB);
        isTrue(!registry.stopped(id), "live");
        IModelRegistry.Route memory route = registry.routeOf(id);
        equal(
            abi.encode(route),
            abi.encode(
                IModelRegistry.Route(
                    added.adapter, added.adapterCodeHash, added.paramsDigest, added.layout, false, none()
                )
            )
        );
    }

    function testFuzzIdIsTheOneOfTheSpecification(address owner, bytes32 circuit, address at) public view {
        bytes32 domain = keccak256("zkchain.model.v1");
        bytes memory parts = abi.encode(domain, block.chainid, address(registry), owner, circuit, at);
        equal(registry.modelIdOf(owner, circuit, at), uint256(keccak256(parts)));
    }

    function testRefusesTheSameVersionTwiceEvenAfterAStop() public {
        bytes memory reason = abi.encodeWithSelector(IModelRegistry.AlreadyRegistered.selector, modelId);
        vm.expectRevert(reason);
        registry.register(version(), none());
        registry.stop(modelId);
        vm.expectRevert(reason);
        registry.register(version(), none());
    }

    function testRefusesZeroDigests() public {
        IModelRegistry.ModelVersion memory changed = version();
        changed.circuitDigest = 0;
        refuse(changed, abi.encodeWithSelector(IModelRegistry.ZeroDigest.selector, "circuitDigest"));
        changed = version();
        changed.modelDigest = 0;
        refuse(changed, abi.encodeWithSelector(IModelRegistry.ZeroDigest.selector, "modelDigest"));
        changed = version();
        changed.adapterCodeHash = 0;
        refuse(changed, abi.encodeWithSelector(IModelRegistry.ZeroDigest.selector, "adapterCodeHash"));
        changed = version();
        changed.keyDigest = 0;
        refuse(changed, abi.encodeWithSelector(IModelRegistry.ZeroDigest.selector, "keyDigest"));
    }

    function testRefusesParametersWithoutDigestAndDigestWithoutParameters() public {
        IModelRegistry.ModelVersion memory changed = version();
        changed.paramsDigest = 0;
        refuse(changed, abi.encodeWithSelector(IModelRegistry.ParamsMismatch.selector, bytes32(0), 1));
        changed = version();
        changed.layout.paramsCount = 0;
        refuse(changed, abi.encodeWithSelector(IModelRegistry.ParamsMismatch.selector, changed.paramsDigest, 0));
    }

    function testRefusesALayoutThatMakesNoSense() public {
        IModelRegistry.ModelVersion memory changed = version();
        changed.layout.instanceCount = 6;
        refuse(changed, abi.encodeWithSelector(IModelRegistry.SegmentOutside.selector, "binding", 7, 6));
        changed = version();
        changed.layout.outputStart = 1;
        refuse(changed, abi.encodeWithSelector(IModelRegistry.SegmentsOverlap.selector, "input", "output"));
    }

    function testRefusesAnAdapterWithoutCode() public {
        IModelRegistry.ModelVersion memory changed = version();
        changed.adapter = ALICE;
        refuse(changed, abi.encodeWithSelector(CodePin.NoCode.selector, ALICE));
    }

    function testFuzzRefusesAnyOtherCodeHash(bytes32 other) public {
        IModelRegistry.ModelVersion memory changed = version();
        vm.assume(other != changed.adapterCodeHash && other != 0);
        bytes32 found = changed.adapterCodeHash;
        changed.adapterCodeHash = other;
        refuse(changed, abi.encodeWithSelector(CodePin.CodeHashMismatch.selector, changed.adapter, other, found));
    }

    function testFuzzRefusesAnAdapterOfAnotherCircuit(bytes32 other) public {
        vm.assume(other != CIRCUIT && other != 0);
        IModelRegistry.ModelVersion memory changed = version();
        changed.circuitDigest = other;
        refuse(changed, abi.encodeWithSelector(IModelRegistry.CircuitMismatch.selector, other, CIRCUIT));
    }

    function testFuzzRefusesAnAdapterOfAnotherKey(bytes32 other) public {
        vm.assume(other != KEY && other != 0);
        IModelRegistry.ModelVersion memory changed = version();
        changed.keyDigest = other;
        refuse(changed, abi.encodeWithSelector(IModelRegistry.KeyDigestMismatch.selector, other, KEY));
    }

    function testFuzzRefusesADevelopmentReferenceStringElsewhere(uint64 chain) public {
        vm.assume(chain != 31337 && chain != 1337);
        IModelRegistry.ModelVersion memory changed = version();
        vm.chainId(chain);
        refuse(changed, abi.encodeWithSelector(IModelRegistry.DevSrsRefused.selector, uint256(chain)));
        changed.devSrs = false;
        registry.register(changed, none());
    }

    function testAllowsADevelopmentReferenceStringOnDevelopmentChains() public {
        vm.chainId(1337);
        vm.prank(BOB);
        isTrue(registry.getVersion(registry.register(version(), none())).devSrs, "marked");
    }

    function testOwnerStopsAVersionOnceAndOthersLiveOn() public {
        vm.prank(BOB);
        uint256 other = registry.register(version(), none());
        vm.prank(BOB);
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.NotGuardian.selector, modelId, BOB));
        registry.stop(modelId);
        vm.expectEmit(true, false, false, true, address(registry));
        emit IERCZKMLRegistry.ModelDeprecated(modelId);
        registry.stop(modelId);
        isTrue(registry.stopped(modelId) && registry.routeOf(modelId).stopped, "stopped");
        isTrue(!registry.stopped(other), "another version lives on");
        vm.expectRevert(abi.encodeWithSelector(ZKMLErrors.ModelDeprecated.selector, modelId));
        registry.stop(modelId);
    }

    function testFuzzEveryViewAndStopRefuseAnUnknownId(uint256 id) public {
        vm.assume(id != modelId);
        bytes memory reason = abi.encodeWithSelector(IERCZKMLRegistry.ModelNotFound.selector, id);
        vm.expectRevert(reason);
        registry.getVersion(id);
        vm.expectRevert(reason);
        registry.routeOf(id);
        vm.expectRevert(reason);
        registry.ownerOf(id);
        vm.expectRevert(reason);
        registry.stopped(id);
        vm.expectRevert(reason);
        registry.stop(id);
        vm.expectRevert(reason);
        registry.deprecateModel(id);
        vm.expectRevert(reason);
        registry.setGuardian(id, BOB);
        vm.expectRevert(reason);
        registry.transferOwnership(id, BOB);
        vm.expectRevert(reason);
        registry.acceptOwnership(id);
        vm.expectRevert(reason);
        registry.getModel(id);
        vm.expectRevert(reason);
        registry.versionOf(id);
        vm.expectRevert(reason);
        registry.rangesOf(id);
        vm.expectRevert(reason);
        registry.metadataOf(id);
        vm.expectRevert(reason);
        registry.scheduledUpdate(id);
    }

    function testNobodyCanTakeAnothersId() public {
        FixedVerifier second = new FixedVerifier(keccak256("second"), KEY);
        uint256 mine = registry.modelIdOf(address(this), keccak256("second"), address(second));
        IModelRegistry.ModelVersion memory copy = version();
        copy.circuitDigest = keccak256("second");
        copy.adapter = address(second);
        copy.adapterCodeHash = address(second).codehash;
        vm.prank(BOB);
        isTrue(registry.register(copy, none()) != mine, "the owner is part of the id");
        equal(registry.register(copy, none()), mine);
    }
}
