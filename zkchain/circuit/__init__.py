"""Turn a model into a bundle: settings, circuit, SRS, keys, manifest."""
