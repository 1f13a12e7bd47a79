"""A real Kubernetes on one bare machine, from packages alone: `python -m testbed up`.

Three machines (a control plane and two nodes) are made of Linux namespaces; each has an init of ours as process 1, so
that ending that one process ends everything on the machine. See docs/contributing/testbed.md.
"""
