"""Makes the image of the agent with an engine: reproducible, from Debian packages and this checkout."""
