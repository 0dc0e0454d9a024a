"""Side-by-side runs of zkchain's compile pipeline against ezkl's own defaults."""
