// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Probe} from "./Probe.sol";
import {VerifierProbe} from "./VerifierProbe.sol";

/// @title A verifier's probe as creation code for an `eth_call`
contract VerifierProbeRun {
    /// @param target The verifier to try.
    constructor(address target) {
        revert Probe.Findings(new VerifierProbe().run(target));
    }
}
