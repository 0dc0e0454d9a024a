// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Probe} from "./Probe.sol";
import {RegistryProbe} from "./RegistryProbe.sol";

/// @title A registry's probe as creation code for an `eth_call`
contract RegistryProbeRun {
    /// @param target The registry to try.
    constructor(address target) {
        revert Probe.Findings(new RegistryProbe().run(target));
    }
}
