"""Images of the bed, made on this machine from packages and compiled programs; none is pulled from anywhere."""
