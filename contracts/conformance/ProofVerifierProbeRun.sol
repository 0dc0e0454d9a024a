// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Probe} from "./Probe.sol";
import {ProofVerifierProbe} from "./ProofVerifierProbe.sol";

/// @title A proof verifier's probe as creation code for an `eth_call`
contract ProofVerifierProbeRun {
    /// @param target The contract to try.
    constructor(address target) {
        revert Probe.Findings(new ProofVerifierProbe().run(target));
    }
}
