"""The use cases: one a file, each joining stages."""
