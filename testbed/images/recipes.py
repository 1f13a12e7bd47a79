"""The bed's images: which layers they are made of, what they run, and what the known recipes call them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tools.oci.image import ImageConfig

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ROOTLESS_UID = 1000
PLAIN_ENV = {"PATH": PATH}
CLIENT_ENV = {"PATH": PATH, "DOCKER_TLS_CERTDIR": "/certs"}
"""docker:18.09 and later: certificates are made and used unless the variable is set empty."""
ENGINE_29_ENV = {"DOCKER_MIN_API_VERSION": "1.24"}
"""dockerd 29 speaks to API 1.44 and later unless told otherwise, and the distribution's client speaks 1.41."""


@dataclass(frozen=True)
class Recipe:
    """One image: `layers` are names of layers (see `testbed.images.build`), lowest first."""

    repository: str
    tag: str
    layers: tuple[str, ...]
    config: ImageConfig


def engine(version: str, env: Mapping[str, str]) -> tuple[Recipe, ...]:
    """The engine images of one version: docker:VERSION-dind, its rootless variant, and as it was before it knew TLS."""
    rootful = ImageConfig(("dockerd-entrypoint.sh",), env={**CLIENT_ENV, **env}, volumes=("/var/lib/docker",))
    before_tls = ImageConfig(("dockerd-entrypoint.sh",), env={**PLAIN_ENV, **env}, volumes=("/var/lib/docker",))
    home = "/home/rootless"
    rootless = ImageConfig(
        ("dockerd-entrypoint.sh",),
        env={**CLIENT_ENV, **env, "HOME": home, "DOCKER_HOST": f"unix:///run/user/{ROOTLESS_UID}/docker.sock"},
        user="rootless",
        volumes=(f"{home}/.local/share/docker",),
    )
    layers = ("debian", "trust", "client", f"engine-{version}")
    return (
        Recipe("bed/engine", version, layers, rootful),
        Recipe("bed/engine", f"{version}-rootless", (*layers, "rootless"), rootless),
        Recipe("bed/engine", f"{version}-before-tls", layers, before_tls),
    )


DEBIAN = ("debian", "trust")
HTTPD = ImageConfig(command=("httpd", "-f", "-p", "80"), env=PLAIN_ENV)
CLIENT = ImageConfig(("docker-entrypoint.sh",), ("sh",), env=CLIENT_ENV)
CLIENT_BEFORE_TLS = ImageConfig(("docker-entrypoint.sh",), ("sh",), env=PLAIN_ENV)

IMAGES = (
    Recipe("bed/pause", "1", ("pause",), ImageConfig(("/pause",), user="65535:65535")),
    Recipe("bed/coredns", "1", ("coredns",), ImageConfig(("/coredns",))),
    Recipe("bed/volumes", "1", ("bed-volumes",), ImageConfig(("/bed-volumes",))),
    Recipe("bed/debian", "12", DEBIAN, ImageConfig(command=("bash",), env=PLAIN_ENV)),
    Recipe("library/busybox", "latest", ("busybox",), ImageConfig(command=("sh",), env=PLAIN_ENV)),
    Recipe("library/httpd", "latest", ("busybox",), HTTPD),
    Recipe("bed/client", "20.10", (*DEBIAN, "client"), CLIENT),
    Recipe("bed/client", "before-tls", (*DEBIAN, "client"), CLIENT_BEFORE_TLS),
    *engine("20.10", {}),
    *engine("29", ENGINE_29_ENV),
    Recipe("bed/jenkins-agent", "1", (*DEBIAN, "jenkins"), ImageConfig(("jenkins-agent",), env=PLAIN_ENV)),
)

OTHER_NAMES: Mapping[str, tuple[str, str]] = {
    # name in the known recipes: (repository, tag) of what stands in for it
    "library/docker:stable": ("bed/client", "20.10"),
    "library/docker:20.10.12": ("bed/client", "20.10"),
    "library/docker:1.12.6": ("bed/client", "before-tls"),
    # The pipelines run `docker build` in this one, which has no docker in it; neither has the real one.
    "library/golang:1.17-buster": ("bed/debian", "12"),
    "jenkins/inbound-agent:4.11.2-4-alpine": ("bed/jenkins-agent", "1"),
    "jenkins/inbound-agent:4.3-4-alpine": ("bed/jenkins-agent", "1"),
}


def engine_names(version: str) -> Mapping[str, tuple[str, str]]:
    """The names under which the known recipes ask for an engine, when engines of this version answer to them."""
    return {
        "library/docker:stable-dind": ("bed/engine", version),
        "library/docker:20.10.12-dind": ("bed/engine", version),
        "library/docker:20.10.12-dind-rootless": ("bed/engine", f"{version}-rootless"),
        "library/docker:1.12.6-dind": ("bed/engine", f"{version}-before-tls"),
    }
