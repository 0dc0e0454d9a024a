// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IModelRegistry} from "../../contracts/interfaces/IModelRegistry.sol";
import {GatewayCheck} from "./support/GatewayCheck.sol";
import {GatewayHandler} from "./support/GatewayHandler.sol";

contract InvariantsTest is GatewayCheck {
    GatewayHandler private handler;

    function setUp() public override {
        super.setUp();
        handler = new GatewayHandler(gateway, registry, adapter, modelId, address(this));
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_a_statement_is_accepted_once() public view {
        equal(handler.acceptedTwice(), 0);
        equal(handler.accepted(), handler.count());
    }

    function invariant_there_are_as_many_records_as_accepted_statements() public view {
        uint256 records;
        for (uint256 i = 0; i < handler.count(); ++i) {
            if (gateway.recordOf(handler.statements(i)).recordedAt != 0) records += 1;
        }
        equal(records, handler.accepted());
    }

    function invariant_a_record_never_changes() public view {
        for (uint256 i = 0; i < handler.count(); ++i) {
            bytes32 statement = handler.statements(i);
            equal(keccak256(abi.encode(gateway.recordOf(statement))), handler.firstRecord(statement));
        }
    }

    function invariant_nothing_is_accepted_of_a_stopped_model() public view {
        equal(handler.acceptedWhenStopped(), 0);
    }

    function invariant_only_honest_proofs_of_the_bound_account_are_accepted() public view {
        equal(handler.acceptedFromAnother(), 0);
    }

    function invariant_a_registered_version_never_changes() public view {
        for (uint256 i = 0; i < handler.known(); ++i) {
            bytes32 first = handler.firstVersion(handler.ids(i));
            if (first != 0) equal(keccak256(abi.encode(registry.getVersion(handler.ids(i)))), first);
        }
    }

    function invariant_stopped_stays_stopped_and_nothing_else_is() public view {
        for (uint256 i = 0; i < handler.known(); ++i) {
            isTrue(registry.stopped(handler.ids(i)) == handler.everStopped(handler.ids(i)), "stopped");
        }
        equal(handler.stoppedByStrangers(), 0);
    }

    function invariant_an_id_belongs_to_whom_it_was_handed() public view {
        for (uint256 i = 0; i < handler.known(); ++i) {
            equal(registry.ownerOf(handler.ids(i)), handler.rightfulOwner(handler.ids(i)));
        }
        equal(handler.changedByStrangers(), 0);
    }

    function invariant_no_version_without_the_code_that_it_pins() public view {
        for (uint256 i = 0; i < handler.known(); ++i) {
            if (handler.firstVersion(handler.ids(i)) == 0) continue;
            IModelRegistry.Route memory route = registry.routeOf(handler.ids(i));
            isTrue(route.adapter.code.length != 0 && route.adapter.codehash == route.adapterCodeHash, "pinned");
        }
    }

    function invariant_a_default_changes_with_notice_only() public view {
        for (uint256 i = 0; i < handler.known(); ++i) {
            uint256 id = handler.ids(i);
            if (block.timestamp < handler.noticeUntil(id)) equal(registry.versionOf(id), handler.defaultVersion(id));
        }
        equal(handler.changedWithoutNotice(), 0);
    }

    /// @dev The handler does reach what the invariants are about: over nothing they would prove nothing.
    function testTheHandlerGetsThereByEveryWay() public {
        for (uint8 way = 0; way < 6; ++way) {
            handler.submit(way, way, way, way, true, way);
            handler.submit(0, 0, 1, way, true, way);
            handler.submit(0, 0, 1, way, false, way);
        }
        isTrue(handler.accepted() > 3, "answers");
        handler.register(0, 0, true);
        handler.register(0, 0, false);
        handler.registerModel(0, 0);
        equal(handler.known(), 3);
        equal(registry.versionOf(handler.ids(2)), handler.ids(1));
        handler.register(0, 1, true);
        handler.update(0, 2, 1);
        isTrue(handler.noticeUntil(handler.ids(2)) > block.timestamp, "an update");
        handler.offer(0, 2, 1);
        handler.take(1, 2);
        equal(handler.rightfulOwner(handler.ids(2)), address(2));
        handler.guard(1, 2, 0);
        handler.stop(0, 2, 1, true);
        isTrue(!handler.everStopped(handler.ids(2)), "a guardian does not deprecate");
        handler.stop(0, 2, 1, false);
        isTrue(handler.everStopped(handler.ids(2)), "a guardian stops");
    }
}
