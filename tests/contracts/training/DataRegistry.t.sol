// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {DataRegistry} from "../../../contracts/training/DataRegistry.sol";
import {Check} from "../support/Check.sol";

contract DataRegistryTest is Check {
    bytes32 private constant ROOT = bytes32(uint256(1));

    DataRegistry private registry = new DataRegistry();

    function testFuzzAnOwnersDataIsKnownSinceItWasRegistered(
        address owner,
        bytes32 root,
        uint32 batches,
        uint32 samples,
        uint32 uses,
        uint32 time
    ) public {
        if (root == 0 || batches == 0 || samples == 0 || uses == 0 || time == 0) return;
        vm.warp(time);
        isTrue(!registry.isRegistered(owner, root), "nobody registered it");
        vm.prank(owner);
        registry.register(root, batches, samples, uses);
        isTrue(registry.isRegistered(owner, root), "it is registered");
        DataRegistry.DataSet memory found = registry.dataSetOf(owner, root);
        equal(found.since, time);
        equal(found.batches, batches);
        equal(found.samples, samples);
        equal(found.uses, uses);
    }

    function testTheSameRootIsEveryOwnersOwn() public {
        registry.register(ROOT, 1, 1, 1);
        address other = address(0xB0B);
        isTrue(!registry.isRegistered(other, ROOT), "the other has not registered it");
        vm.prank(other);
        registry.register(ROOT, 1, 1, 1);
        isTrue(registry.isRegistered(other, ROOT), "the other has");
    }

    function testWhatIsRegisteredStays() public {
        registry.register(ROOT, 1, 1, 1);
        vm.expectRevert(abi.encodeWithSelector(DataRegistry.AlreadyRegistered.selector, address(this), ROOT));
        registry.register(ROOT, 2, 2, 2);
    }

    function testNothingMayBeZero() public {
        string[4] memory fields = ["root", "batches", "samples", "uses"];
        for (uint256 i = 0; i < 4; ++i) {
            vm.expectRevert(abi.encodeWithSelector(DataRegistry.ZeroField.selector, fields[i]));
            registry.register(i == 0 ? bytes32(0) : ROOT, i == 1 ? 0 : 1, i == 2 ? 0 : 1, i == 3 ? 0 : 1);
        }
    }
}
