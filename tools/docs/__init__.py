"""Makes the reference pages that are drawn from tables of the source: `python -m tools.docs`."""
