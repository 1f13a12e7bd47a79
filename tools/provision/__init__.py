"""Makes a fresh Linux machine ready to run, test or build dinp: `python3 -m tools.provision --help`.

Only the standard library is used here, because this runs before any virtual environment exists.
"""
