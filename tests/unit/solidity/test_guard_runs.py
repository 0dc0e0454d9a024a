"""The lowest fixed read may stand in a loop."""

import pytest

from zkchain.errors import GuardFailed
from zkchain.solidity.guard import guard_verifier

RUN = """
                    for
                        {
                            let mptr := 0x0124
                            let mptr_end := END
                        }
                        lt(mptr_end, mptr)
                        { mptr := sub(mptr, 0x40) }
                    {
                        success := ec_add_acc(success, calldataload(mptr), calldataload(add(mptr, 0x20)))
                    }
"""
SOURCE = """contract Halo2Verifier {
    function verifyProof(
        bytes calldata proof,
        uint256[] calldata instances
    ) public returns (bool) {
        assembly {
            // Modulus
RUN
        }
    }
}
"""


def test_a_run_of_points_down_to_the_proofs_first_byte_is_accepted():
    assert "calldatasize()" in guard_verifier(SOURCE.replace("RUN", RUN.replace("END", "0x24")))


@pytest.mark.parametrize("end", ["0x64", "0x04", "0xa4"])
def test_a_run_that_ends_elsewhere_is_refused(end):
    with pytest.raises(GuardFailed, match="lowest fixed"):
        guard_verifier(SOURCE.replace("RUN", RUN.replace("END", end)))
