"""Networks that are torch modules: read, checked, and their step traced into a circuit. torch is imported on use."""
