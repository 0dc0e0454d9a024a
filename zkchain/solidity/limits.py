"""Limits that chains put on contracts."""

#: Largest runtime code (EIP-170).
MAX_RUNTIME_BYTES = 24_576
