"""Fixtures that every folder may use."""

pytest_plugins = ["tests.support.bundles", "tests.support.chains"]
