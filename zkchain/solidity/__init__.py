"""Generated verifiers, their guard, the compiler, and the contracts that ship compiled."""
