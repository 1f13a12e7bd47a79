"""Images by the OCI specifications, without an engine: layers, manifests, archives, registries.

For the agent's image (tools/image) and those of the test bed (testbed/images).
"""
