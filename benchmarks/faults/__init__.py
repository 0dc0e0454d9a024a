"""What the transaction manager makes of faults that are injected for real: python -m benchmarks.faults."""
