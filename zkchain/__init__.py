"""zkchain: prove a machine-learning model's answer on chain."""

__version__ = "0.1.0"
