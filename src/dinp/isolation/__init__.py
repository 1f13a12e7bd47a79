"""One module per way of keeping an engine apart, each filling the same Protocol."""
