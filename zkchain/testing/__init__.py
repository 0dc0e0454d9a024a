"""For tests of what is built on zkchain: pytest fixtures, a fake prover for devnets, and a node that misbehaves.

pytest finds the plugin by itself once zkchain is installed; see docs/testing.md.
"""
