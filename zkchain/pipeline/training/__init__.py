"""Use cases of private training: set a federation up, run it, take part in it, publish and audit what it made."""
