"""Fakes for users' own tests, held to the same suite as the real parts."""
