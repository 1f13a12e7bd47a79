"""Specs to Kubernetes objects, objects to stable YAML, and edits of YAML that keep every byte they need not change."""
