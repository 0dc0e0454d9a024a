"""Stand-ins for generated sources: the lines that the guard looks at, and true for whatever passes it."""

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
            mstore(0x00, 1)
            return(0x00, 0x20)
        }
    }
}
"""

#: Its "key" says that proofs have 0x80 bytes, the last point included.
SHARED = """contract Halo2VerifierReusable {
    function verifyProof(
        bytes calldata proof,
        uint256[] calldata instances,
        bytes32[] memory vka
    ) external returns (bool success, bytes32 vka_digest, int256[] memory rescaled_instances) {
        assembly {
            function read_ec_point(flag, cptr, mptr) -> ret0, ret1, ret2 {
                ret0 := flag
                ret1 := add(cptr, 0x40)
                ret2 := mptr
            }
            // Initialize success as true
            success := true
            let hash_mptr := 0
            let instance_cptr := instances.offset
            let proof_cptr := add(proof.offset, 0x40)
                success := and(success, eq(sub(instance_cptr, 0xa4), proof.length))
                success, proof_cptr, hash_mptr := read_ec_point(success, proof_cptr, hash_mptr) // W'
            let a := calldataload(mload(0x03a0))
            if iszero(success) { revert(0, 0) }
            mstore(0x00, 1)
            return(0x00, 0x20)
        }
    }
}
"""
