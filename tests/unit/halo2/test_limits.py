"""The child's own figures are its own."""

import subprocess
import sys

from zkchain.halo2.limits import peak_rss_bytes

MIB = 2**20


def test_a_child_does_not_report_its_parents_memory():
    ballast = bytearray(300 * MIB)
    ballast[::4096] = b"x" * len(ballast[::4096])
    code = "from zkchain.halo2.limits import peak_rss_bytes; print(peak_rss_bytes())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 200 * MIB < peak_rss_bytes()
    del ballast
