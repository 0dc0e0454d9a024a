// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Probe} from "./Probe.sol";
import {TokenProbe} from "./TokenProbe.sol";

/// @title A token's probe as creation code for an `eth_call`
contract TokenProbeRun {
    /// @param target The contract to try.
    constructor(address target) {
        revert Probe.Findings(new TokenProbe().run(target));
    }
}
