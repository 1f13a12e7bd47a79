"""The bed's registry: plain HTTP for nodes and tests, TLS under the names of public registries for dockerds in pods."""

from __future__ import annotations

import json
import subprocess
from functools import partial

from testbed import pki
from testbed.bed import Bed
from testbed.images.build import BuiltImages
from testbed.inside import why_not_ok
from testbed.machine.handle import MachineHandle
from testbed.plan import CONTROL, REGISTRY_HOST, REGISTRY_PORT
from testbed.waiting import wait_until_ready

PUBLIC_NAMES = ("registry-1.docker.io", "docker.io", "index.docker.io", "quay.io", "ghcr.io", "registry.k8s.io")
"""Names by which dockerd, podman and builds ask for images; here all of them are the bed's registry."""

FROM_CACHE = "/var/lib/bed-images"
WRITABLE = "/var/lib/registry"
"""Where the machine has the cached images, read-only by use, and a folder of a real file system to lay over them."""


def start(bed: Bed, control: MachineHandle, images: BuiltImages) -> None:
    """Start the registry in both forms over one content, and wait for them. What is pushed goes with the bed."""
    content = f"{WRITABLE}/content"
    for folder in ("content", "upper", "work"):
        subprocess.run(control.command("mkdir", "-p", f"{WRITABLE}/{folder}"), check=True)
    layers = f"lowerdir={FROM_CACHE},upperdir={WRITABLE}/upper,workdir={WRITABLE}/work"
    subprocess.run(control.command("mount", "-t", "overlay", "overlay", "-o", layers, content), check=True)
    pki.leaf(images.authority, "docker.io", names=(REGISTRY_HOST, *PUBLIC_NAMES, str(CONTROL.ip))).write(
        bed.layout.pki, "docker-io"
    )
    tls = {"certificate": bed.pki_file("docker-io.crt"), "key": bed.pki_file("docker-io.key")}
    for name, port, secure in (("registry", REGISTRY_PORT, {}), ("registry-tls", 443, {"tls": tls})):
        config = bed.layout.pki / f"{name}.json"
        config.write_text(json.dumps(configuration(content, port, secure), indent=2))
        daemon = bed.start(control, "docker-registry", "serve", str(config), name=name)
        context = pki.trusting(images.authority) if secure else None
        wait_until_ready(
            name, partial(why_not_ok, control, str(CONTROL.ip), port, "/v2/", context),
            alive=daemon.pidfd, seconds=20, log=str(daemon.log),
        )  # fmt: skip


def configuration(content: str, port: int, secure: dict[str, dict[str, str]]) -> dict[str, object]:
    """The configuration file of docker-registry 2.8; JSON is YAML too."""
    return {
        "version": "0.1",
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": content}, "delete": {"enabled": True}},
        "http": {"addr": f"{CONTROL.ip}:{port}", **secure},
    }
