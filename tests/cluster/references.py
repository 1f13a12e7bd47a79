"""Images by a reference into the cluster's own registry, for clusters whose nodes know no other name for them.

The tests name images as the known recipes do (`busybox`, `docker:stable`). The bed's nodes have these names lead to its
registry; on another cluster they would lead to Docker Hub, if to anywhere. `python -m testbed push` gives that
cluster's registry the same names, so the reference says which registry and nothing else changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CONTAINERS = ("initContainers", "containers")


def in_registry(image: str, registry: str) -> str:
    """The reference of an image in a registry; one that names a registry of its own stays as it is.

    Which first part is a registry: https://pkg.go.dev/github.com/distribution/reference (`splitDockerDomain`).
    """
    first, slash, _ = image.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return image
    return f"{registry}/{image if slash else f'library/{image}'}"


def at_registry(thing: Any, registry: str) -> Any:
    """An object of Kubernetes, as it is in JSON, with the images of all its containers in a registry."""
    if isinstance(thing, list):
        return [at_registry(each, registry) for each in thing]
    if not isinstance(thing, Mapping):
        return thing
    return {
        key: [pulled_from(each, registry) for each in value] if key in CONTAINERS else at_registry(value, registry)
        for key, value in thing.items()
    }


def pulled_from(container: Mapping[str, Any], registry: str) -> dict[str, Any]:
    """A container with its image in a registry."""
    return {**container, "image": in_registry(str(container["image"]), registry)}
