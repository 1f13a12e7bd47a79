"""`python -m dinp` is `dinp`."""

from dinp.cli.main import main

main()
