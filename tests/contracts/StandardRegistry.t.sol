// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {ICircuitBook} from "../../contracts/interfaces/ICircuitBook.sol";
import {IERCZKMLRegistry} from "../../contracts/interfaces/IERCZKMLRegistry.sol";
import {IModelRegistry} from "../../contracts/interfaces/IModelRegistry.sol";
import {ZKMLErrors} from "../../contracts/libraries/ZKMLErrors.sol";
import {FixedVerifier} from "./support/FixedVerifier.sol";
import {GatewayCheck} from "./support/GatewayCheck.sol";

/// @dev ERC-7992's registry: ids, selectors and events as the standard has them, and updates with notice.
contract StandardRegistryTest is GatewayCheck {
    uint256 private model;
    uint256 private second;

    function setUp() public override {
        super.setUp();
        FixedVerifier other = new FixedVerifier(keccak256("second"), KEY);
        IModelRegistry.ModelVersion memory changed = version();
        (changed.circuitDigest, changed.adapter) = (keccak256("second"), address(other));
        changed.adapterCodeHash = address(other).codehash;
        second = registry.register(changed, none());
        model = registry.registerModel(commitment(CIRCUIT));
    }

    function commitment(bytes32 circuit) private view returns (IERCZKMLRegistry.ModelCommitment memory) {
        return
            IERCZKMLRegistry.ModelCommitment(
                keccak256("model"), circuit, KEY, registry.PROOF_SYSTEM_ID(), "ipfs://model"
            );
    }

    function committed(uint256 id) private view returns (bytes32 circuit) {
        (IERCZKMLRegistry.ModelCommitment memory found,,) = registry.getModel(id);
        return found.circuitHash;
    }

    function testIdentifiersAreThoseOfTheStandard() public view {
        isTrue(type(IERCZKMLRegistry).interfaceId == 0xd28519b1, "ERC-165 id");
        isTrue(IERCZKMLRegistry.registerModel.selector == 0x88e9606f, "registerModel");
        isTrue(IERCZKMLRegistry.updateModel.selector == 0x871f5cce, "updateModel");
        isTrue(IERCZKMLRegistry.deprecateModel.selector == 0xb0453384, "deprecateModel");
        isTrue(IERCZKMLRegistry.getModel.selector == 0x6d361694, "getModel");
        isTrue(IERCZKMLRegistry.ModelNotFound.selector == 0x6d710e14, "ModelNotFound");
        isTrue(IERCZKMLRegistry.NotModelOwner.selector == 0x25a0f138, "NotModelOwner");
        isTrue(ZKMLErrors.ModelDeprecated.selector == 0xf5201226, "the error ModelDeprecated");
        isTrue(bytes4(IERCZKMLRegistry.ModelDeprecated.selector) == 0xf5201226, "the event ModelDeprecated");
        isTrue(bytes4(IERCZKMLRegistry.ModelRegistered.selector) == 0xf340692c, "ModelRegistered");
        isTrue(bytes4(IERCZKMLRegistry.ModelUpdated.selector) == 0x35928121, "ModelUpdated");
        isTrue(registry.PROOF_SYSTEM_ID() == 0x301c92ec, "proof system");
        isTrue(registry.supportsInterface(0xd28519b1), "registry");
        isTrue(registry.supportsInterface(0x01ffc9a7), "ERC-165");
        isTrue(registry.supportsInterface(type(IModelRegistry).interfaceId), "ours");
        isTrue(registry.supportsInterface(type(ICircuitBook).interfaceId), "circuits");
        isTrue(
            type(ICircuitBook).interfaceId == ICircuitBook.registerCircuits.selector ^ ICircuitBook.circuitOf.selector,
            "these two and no more"
        );
        isTrue(!registry.supportsInterface(0xffffffff), "the invalid id");
    }

    function testFuzzNoOtherInterfaceIsClaimed(bytes4 id) public view {
        bool known = id == 0xd28519b1 || id == type(IERC165).interfaceId || id == type(IModelRegistry).interfaceId
            || id == type(ICircuitBook).interfaceId;
        isTrue(registry.supportsInterface(id) == known, "exactly these");
    }

    function testARegisteredModelIsKeptAndStandsForItsOwnersVersion() public view {
        IERCZKMLRegistry.ModelCommitment memory wanted = commitment(CIRCUIT);
        (IERCZKMLRegistry.ModelCommitment memory found, bool deprecated, address owner) = registry.getModel(model);
        equal(abi.encode(found), abi.encode(wanted));
        isTrue(!deprecated, "live");
        equal(owner, address(this));
        equal(registry.versionOf(model), modelId);
    }

    function testAVersionIsAModelOfTheStandardToo() public {
        (IERCZKMLRegistry.ModelCommitment memory found,, address owner) = registry.getModel(modelId);
        IERCZKMLRegistry.ModelCommitment memory wanted = commitment(CIRCUIT);
        wanted.uri = "";
        equal(abi.encode(found), abi.encode(wanted));
        equal(owner, address(this));
        equal(registry.versionOf(modelId), modelId);
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.VersionIsImmutable.selector, modelId));
        registry.updateModel(modelId, wanted);
    }

    function testRegisteringIsSaid() public {
        vm.expectEmit(false, true, false, true, address(registry)); // whichever id it gets
        emit IERCZKMLRegistry.ModelRegistered(0, address(this), commitment(CIRCUIT));
        registry.registerModel(commitment(CIRCUIT));
    }

    function testTheSameCommitmentTwiceIsTwoModels() public {
        uint256 again = registry.registerModel(commitment(CIRCUIT));
        isTrue(again != model, "a new id");
        registry.deprecateModel(again);
        (, bool deprecated,) = registry.getModel(model);
        isTrue(!deprecated, "the other lives on");
    }

    function testAVersionOfSomebodyElseDoesNotCount() public {
        IERCZKMLRegistry.ModelCommitment memory same = commitment(CIRCUIT);
        vm.prank(BOB);
        uint256 strange = registry.registerModel(same);
        equal(registry.versionOf(strange), 0);
    }

    function testAnUpdateCountsAfterTheDelayAndNotBefore() public {
        uint64 due = uint64(block.timestamp) + registry.UPDATE_DELAY();
        vm.expectEmit(true, false, false, true, address(registry));
        emit IERCZKMLRegistry.ModelUpdated(model, commitment(CIRCUIT), commitment(keccak256("second")));
        vm.expectEmit(true, true, false, true, address(registry));
        emit IModelRegistry.UpdateScheduled(model, second, due);
        registry.updateModel(model, commitment(keccak256("second")));
        vm.warp(due - 1);
        equal(committed(model), CIRCUIT);
        equal(registry.versionOf(model), modelId);
        (, uint256 next, uint64 at) = registry.scheduledUpdate(model);
        equal(next, second);
        equal(at, due);
        vm.warp(due);
        equal(committed(model), keccak256("second"));
        equal(registry.versionOf(model), second);
        (, next, at) = registry.scheduledUpdate(model);
        equal(next + at, 0);
    }

    function testASecondUpdateTakesTheFirstOnesPlaceAndWaitsAnew() public {
        registry.updateModel(model, commitment(keccak256("nothing")));
        vm.warp(block.timestamp + 1 hours);
        registry.updateModel(model, commitment(keccak256("second")));
        vm.warp(block.timestamp + 1 days - 1);
        equal(committed(model), CIRCUIT);
        vm.warp(block.timestamp + 1);
        equal(committed(model), keccak256("second"));
    }

    function testAnUpdateThatCameIntoForceIsTheOldOneOfTheNext() public {
        registry.updateModel(model, commitment(keccak256("second")));
        vm.warp(block.timestamp + 1 days);
        vm.expectEmit(true, false, false, true, address(registry));
        emit IERCZKMLRegistry.ModelUpdated(model, commitment(keccak256("second")), commitment(CIRCUIT));
        registry.updateModel(model, commitment(CIRCUIT));
        equal(registry.versionOf(model), second);
        vm.warp(block.timestamp + 1 days);
        equal(registry.versionOf(model), modelId);
    }

    function testFuzzOnlyTheOwnerUpdatesAndDeprecates(address other) public {
        vm.assume(other != address(this));
        bytes memory reason = abi.encodeWithSelector(IERCZKMLRegistry.NotModelOwner.selector, model, other);
        IERCZKMLRegistry.ModelCommitment memory changed = commitment(keccak256("second"));
        vm.startPrank(other);
        vm.expectRevert(reason);
        registry.updateModel(model, changed);
        vm.expectRevert(reason);
        registry.deprecateModel(model);
        vm.stopPrank();
    }

    function testADeprecatedModelIsNeitherUpdatedNorDeprecatedAgain() public {
        vm.expectEmit(true, false, false, true, address(registry));
        emit IERCZKMLRegistry.ModelDeprecated(model);
        registry.deprecateModel(model);
        (, bool deprecated,) = registry.getModel(model);
        isTrue(deprecated, "deprecated");
        bytes memory reason = abi.encodeWithSelector(ZKMLErrors.ModelDeprecated.selector, model);
        vm.expectRevert(reason);
        registry.deprecateModel(model);
        IERCZKMLRegistry.ModelCommitment memory changed = commitment(keccak256("second"));
        vm.expectRevert(reason);
        registry.updateModel(model, changed);
    }

    function testAModelIsNoVersion() public {
        bytes memory reason = abi.encodeWithSelector(IModelRegistry.NotAVersion.selector, model);
        vm.expectRevert(reason);
        registry.routeOf(model);
        vm.expectRevert(reason);
        registry.getVersion(model);
        vm.expectRevert(reason);
        registry.rangesOf(model);
        vm.expectRevert(reason);
        registry.metadataOf(model);
        vm.expectRevert(reason);
        registry.setMetadata(model, IModelRegistry.Metadata(1, KEY, "", ""));
    }
}
