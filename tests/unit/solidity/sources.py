"""Stand-ins for generated sources, with just the lines that the guard looks at."""

OWN = """contract Halo2Verifier {
    function verifyProof(
        bytes calldata proof,
        uint256[] calldata instances
    ) public returns (bool) {
        assembly {
            // Modulus
            let q := 7
            let a := calldataload(0x64)
            let b := calldataload(0x0164)
            calldatacopy(0x00, 0x84, 0x20)
        }
    }
}
"""

SHARED = """contract Halo2VerifierReusable {
    function verifyProof(
        bytes calldata proof,
        uint256[] calldata instances,
        bytes32[] memory vka
    ) external returns (bool success, bytes32 vka_digest, int256[] memory rescaled_instances) {
        assembly {
            // Initialize success as true
            let success := true
                success := and(success, eq(sub(instance_cptr, 0xa4), proof.length))
                success, proof_cptr, hash_mptr := read_ec_point(success, proof_cptr, hash_mptr) // W'
            let a := calldataload(mload(0x03a0))
        }
    }
}
"""
