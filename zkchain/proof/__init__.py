"""Witnesses, proofs, instances and bindings."""
