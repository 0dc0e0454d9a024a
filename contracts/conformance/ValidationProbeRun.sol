// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Probe} from "./Probe.sol";
import {ValidationProbe} from "./ValidationProbe.sol";

/// @title A validation registry's probe as creation code for an `eth_call`
contract ValidationProbeRun {
    /// @param target The contract to try.
    constructor(address target) {
        revert Probe.Findings(new ValidationProbe().run(target));
    }
}
