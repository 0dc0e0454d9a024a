"""Encrypted inference: the server computes a linear model or a small network on ciphertexts and learns nothing."""
