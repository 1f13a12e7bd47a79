"""A machine of the bed: namespaces, a file system over the host's, cgroups of its own, and an init."""
