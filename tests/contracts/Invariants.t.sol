// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {GatewayCheck} from "./support/GatewayCheck.sol";
import {GatewayHandler} from "./support/GatewayHandler.sol";

contract InvariantsTest is GatewayCheck {
    GatewayHandler private handler;
    bytes32 private registered;

    function setUp() public override {
        super.setUp();
        handler = new GatewayHandler(gateway, registry, adapter, modelId);
        registered = keccak256(abi.encode(registry.getVersion(modelId)));
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_a_statement_is_accepted_once() public view {
        equal(handler.acceptedTwice(), 0);
        equal(handler.accepted(), handler.count());
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
        equal(keccak256(abi.encode(registry.getVersion(modelId))), registered);
    }

    /// @dev The handler does reach acceptance: an invariant over nothing would prove nothing.
    function testTheHandlerGetsProofsAccepted() public {
        handler.submit(0, 0, 0, 0, true, false);
        handler.submit(0, 0, 0, 0, true, false);
        handler.submit(0, 1, 1, 0, true, true);
        handler.submit(1, 0, 1, 1, true, false);
        equal(handler.accepted(), 2);
    }
}
