// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERCZKMLRegistry} from "../../contracts/interfaces/IERCZKMLRegistry.sol";
import {IInferenceGateway} from "../../contracts/interfaces/IInferenceGateway.sol";
import {IModelRegistry} from "../../contracts/interfaces/IModelRegistry.sol";
import {ZKMLErrors} from "../../contracts/libraries/ZKMLErrors.sol";
import {FixedVerifier} from "./support/FixedVerifier.sol";
import {GatewayCheck} from "./support/GatewayCheck.sol";

/// @dev Ranges, metadata and the roles around an id.
contract VersionsTest is GatewayCheck {
    address private constant CAROL = address(0xCA701);

    function ranges(uint32 start, uint32 count, int96 low, int96 high)
        private
        pure
        returns (IModelRegistry.Range[] memory found)
    {
        found = new IModelRegistry.Range[](1);
        found[0] = IModelRegistry.Range(start, count, low, high);
    }

    /// @dev A second version whose outputs must lie in -5..7.
    function ranged() private returns (uint256 id) {
        IModelRegistry.ModelVersion memory changed = version();
        changed.circuitDigest = keccak256("ranged");
        adapter = new FixedVerifier(changed.circuitDigest, KEY);
        (changed.adapter, changed.adapterCodeHash) = (address(adapter), address(adapter).codehash);
        id = registry.register(changed, ranges(3, 3, -5, 7));
        modelId = id;
    }

    function testFuzzAnInstanceOutsideItsRangeIsRefusedAndNamed(int64 value) public {
        ranged();
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        uint256[] memory s = statement(value, b);
        if (value >= -5 && value <= 7) {
            isTrue(submitAs(ALICE, s, b) != 0, "inside");
        } else {
            refusal(
                abi.encodeWithSelector(
                    IInferenceGateway.InstanceOutOfRange.selector, 3, int256(value), int256(-5), int256(7)
                ),
                ALICE,
                s,
                b
            );
        }
    }

    function testTheLastInstanceOfARangeCountsAndTheNextDoesNot() public {
        ranged();
        IInferenceGateway.Binding memory b = forAccount(ALICE);
        uint256[] memory s = statement(1, b);
        s[5] = 8;
        refusal(
            abi.encodeWithSelector(IInferenceGateway.InstanceOutOfRange.selector, 5, int256(8), int256(-5), int256(7)),
            ALICE,
            s,
            b
        );
        s[5] = 7;
        submitAs(ALICE, s, b);
    }

    function testRangesAreKeptAsRegistered() public {
        equal(abi.encode(registry.rangesOf(ranged())), abi.encode(ranges(3, 3, -5, 7)));
    }

    function testFuzzARangeThatMakesNoSenseIsRefused(uint32 start, uint32 count, int96 low, int96 high) public {
        bool good = count != 0 && uint256(start) + count <= 7 && low <= high;
        IModelRegistry.ModelVersion memory changed = version();
        vm.prank(BOB);
        if (!good) vm.expectRevert(abi.encodeWithSelector(IModelRegistry.BadRange.selector, 0));
        registry.register(changed, ranges(start, count, low, high));
    }

    function testTheEdgesOfARangeMayTouchEachOtherAndTheInstances() public {
        vm.startPrank(BOB);
        registry.register(version(), ranges(6, 1, 3, 3));
        vm.stopPrank();
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.BadRange.selector, 0));
        registry.register(version(), ranges(6, 2, 3, 3));
    }

    function testMoreRangesThanAnyoneCouldAffordAreRefused() public {
        IModelRegistry.Range[] memory many = new IModelRegistry.Range[](17);
        for (uint256 i = 0; i < many.length; ++i) {
            many[i] = IModelRegistry.Range(0, 1, 0, 0);
        }
        vm.prank(BOB);
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.TooManyRanges.selector, 17, 16));
        registry.register(version(), many);
        IModelRegistry.Range[] memory most = new IModelRegistry.Range[](16);
        for (uint256 i = 0; i < most.length; ++i) {
            most[i] = many[i];
        }
        vm.prank(BOB);
        equal(registry.routeOf(registry.register(version(), most)).ranges.length, 16);
    }

    // --- roles -------------------------------------------------------------------------------------------------------

    function testOwnershipPassesOnlyInTwoSteps() public {
        vm.expectEmit(true, true, true, true, address(registry));
        emit IModelRegistry.OwnershipOffered(modelId, address(this), BOB);
        registry.transferOwnership(modelId, BOB);
        equal(registry.ownerOf(modelId), address(this));
        equal(registry.pendingOwnerOf(modelId), BOB);
        vm.prank(CAROL);
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.NotOffered.selector, modelId, CAROL));
        registry.acceptOwnership(modelId);
        vm.expectEmit(true, true, true, true, address(registry));
        emit IModelRegistry.OwnershipTransferred(modelId, address(this), BOB);
        vm.prank(BOB);
        registry.acceptOwnership(modelId);
        equal(registry.ownerOf(modelId), BOB);
        equal(registry.pendingOwnerOf(modelId), address(0));
        vm.prank(BOB);
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.NotOffered.selector, modelId, BOB));
        registry.acceptOwnership(modelId);
        vm.expectRevert(abi.encodeWithSelector(IERCZKMLRegistry.NotModelOwner.selector, modelId, address(this)));
        registry.transferOwnership(modelId, BOB);
    }

    function testAnOfferCanBeTakenBack() public {
        registry.transferOwnership(modelId, BOB);
        registry.transferOwnership(modelId, address(0));
        vm.prank(BOB);
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.NotOffered.selector, modelId, BOB));
        registry.acceptOwnership(modelId);
    }

    function testAGuardianStopsAndDoesNothingElse() public {
        vm.expectEmit(true, true, false, true, address(registry));
        emit IModelRegistry.GuardianSet(modelId, BOB);
        registry.setGuardian(modelId, BOB);
        bytes memory reason = abi.encodeWithSelector(IERCZKMLRegistry.NotModelOwner.selector, modelId, BOB);
        vm.startPrank(BOB);
        vm.expectRevert(reason);
        registry.setGuardian(modelId, CAROL);
        vm.expectRevert(reason);
        registry.transferOwnership(modelId, BOB);
        vm.expectRevert(reason);
        registry.deprecateModel(modelId);
        vm.expectRevert(reason);
        registry.setMetadata(modelId, metadata(1));
        registry.stop(modelId);
        vm.stopPrank();
        isTrue(registry.stopped(modelId), "stopped");
    }

    function testAGuardianWhoWasReplacedCannotStop() public {
        registry.setGuardian(modelId, BOB);
        registry.setGuardian(modelId, CAROL);
        vm.prank(BOB);
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.NotGuardian.selector, modelId, BOB));
        registry.stop(modelId);
    }

    function testFuzzNobodyElseStops(address other) public {
        // Nobody sends from the zero address, which stands for no guardian.
        vm.assume(other != address(this) && other != address(0));
        vm.prank(other);
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.NotGuardian.selector, modelId, other));
        registry.stop(modelId);
    }

    function testDeprecatingAVersionStopsIt() public {
        registry.deprecateModel(modelId);
        isTrue(registry.stopped(modelId), "stopped");
        vm.expectRevert(abi.encodeWithSelector(ZKMLErrors.ModelDeprecated.selector, modelId));
        registry.deprecateModel(modelId);
    }

    // --- metadata ----------------------------------------------------------------------------------------------------

    function metadata(uint64 number) private pure returns (IModelRegistry.Metadata memory) {
        return IModelRegistry.Metadata(number, keccak256("schema"), "ipfs://schema", "ipfs://key");
    }

    function testMetadataIsKeptAndItsVersionOnlyGrows() public {
        vm.expectEmit(true, true, true, true, address(registry));
        emit IModelRegistry.CircuitMetadataUpdated(CIRCUIT, 2 << 32, 0x00000003);
        registry.setMetadata(modelId, metadata(2 << 32));
        equal(abi.encode(registry.metadataOf(modelId)), abi.encode(metadata(2 << 32)));
        for (uint64 older = 1 << 32; older <= 2 << 32; older += 1 << 32) {
            vm.expectRevert(
                abi.encodeWithSelector(IModelRegistry.CircuitVersionNotNewer.selector, uint64(2 << 32), older)
            );
            registry.setMetadata(modelId, metadata(older));
        }
        registry.setMetadata(modelId, metadata((2 << 32) + 1));
    }

    function testMetadataWithoutASchemaIsRefused() public {
        IModelRegistry.Metadata memory empty = metadata(1);
        empty.publicInputsSchemaHash = 0;
        vm.expectRevert(abi.encodeWithSelector(IModelRegistry.ZeroDigest.selector, "publicInputsSchemaHash"));
        registry.setMetadata(modelId, empty);
    }
}
