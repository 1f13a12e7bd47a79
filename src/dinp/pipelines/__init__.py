"""Snippets for CI systems: the same pod that `dinp render` and admission make, in each system's own format."""
