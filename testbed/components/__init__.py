"""The bed's components, one file each: how it is started, what it needs first, and how it is seen to be ready."""
