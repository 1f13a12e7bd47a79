"""Pushes images to a registry on this machine by the OCI distribution specification.

https://github.com/opencontainers/distribution-spec
"""

from __future__ import annotations

import http.client
import io
import json
import urllib.parse
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import BinaryIO

from tools.oci.image import INDEX, MANIFEST, Image, described, digest_of

DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
Body = bytes | BinaryIO | None
Headers = Mapping[str, str]
NONE: Headers = MappingProxyType({})


class RegistryError(Exception):
    """The registry refused; the message is its answer."""


class RegistryClient:
    """A registry that speaks plain HTTP and asks no password."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port

    def push(self, image: Image, repository: str, *tags: str) -> None:
        """Push an image under one name and these tags; blobs that the registry has are not sent again."""
        for layer in image.layers:
            if not self.has_blob(repository, layer.digest):
                with layer.file.open("rb") as data:
                    self.push_blob(repository, layer.digest, data, layer.size)
        config = image.config_json()
        self.push_blob(repository, digest_of(config), io.BytesIO(config), len(config))
        for tag in tags:
            self.put_manifest(repository, tag, image.manifest_json())

    def push_index(self, images: Sequence[Image], repository: str, tag: str) -> None:
        """Push images of several architectures under one name (a manifest list)."""
        entries = []
        for image in images:
            self.push(image, repository, f"{tag}-{image.architecture}")
            entries.append(described(image) | {"platform": {"architecture": image.architecture, "os": "linux"}})
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}
        self.put_manifest(repository, tag, json.dumps(index).encode(), INDEX)

    def platforms(self, repository: str, tag: str) -> list[str]:
        """The architectures of a manifest list, in alphabetical order; attestations are none."""
        _, index = self._ask("GET", f"/v2/{repository}/manifests/{tag}", headers={"Accept": f"{INDEX}, {DOCKER_LIST}"})
        found = {entry["platform"]["architecture"] for entry in json.loads(index)["manifests"]}
        return sorted(found - {"unknown"})

    def tag(self, repository: str, tag: str, source_repository: str, source_tag: str) -> None:
        """Give an image of the registry another name as well. Blobs are mounted, not copied."""
        path = f"/v2/{source_repository}/manifests/{source_tag}"
        _, manifest = self._ask("GET", path, headers={"Accept": MANIFEST})
        for digest in digests_in(manifest):
            self._ask("POST", f"/v2/{repository}/blobs/uploads/?mount={digest}&from={source_repository}", b"")
        self.put_manifest(repository, tag, manifest)

    def copy(self, target: RegistryClient, repository: str, tag: str) -> None:
        """Copy an image of this registry to another one, under the same name."""
        _, manifest = self._ask("GET", f"/v2/{repository}/manifests/{tag}", headers={"Accept": MANIFEST})
        for digest in digests_in(manifest):
            if not target.has_blob(repository, digest):
                _, blob = self._ask("GET", f"/v2/{repository}/blobs/{digest}")
                target.push_blob(repository, digest, io.BytesIO(blob), len(blob))
        target.put_manifest(repository, tag, manifest)

    def put_manifest(self, repository: str, tag: str, manifest: bytes, kind: str = MANIFEST) -> None:
        """Give a manifest, whose blobs are there, a tag."""
        self._ask("PUT", f"/v2/{repository}/manifests/{tag}", manifest, {"Content-Type": kind})

    def layers(self, repository: str, tag: str) -> list[str]:
        """The digests of an image's layers, lowest first."""
        _, manifest = self._ask("GET", f"/v2/{repository}/manifests/{tag}", headers={"Accept": MANIFEST})
        return digests_in(manifest)[1:]

    def has_blob(self, repository: str, digest: str) -> bool:
        """Whether the registry has a blob in that repository."""
        status, _, _ = self._exchange("HEAD", f"/v2/{repository}/blobs/{digest}")
        return status == http.client.OK

    def push_blob(self, repository: str, digest: str, data: BinaryIO, size: int) -> None:
        """Push one blob."""
        headers, _ = self._ask("POST", f"/v2/{repository}/blobs/uploads/", b"")
        where = urllib.parse.urlsplit(headers["Location"])
        path = f"{where.path}?{where.query}{'&' if where.query else ''}digest={digest}"
        self._ask("PUT", path, data, {"Content-Length": str(size), "Content-Type": "application/octet-stream"})

    def _ask(self, method: str, path: str, body: Body = None, headers: Headers = NONE) -> tuple[Headers, bytes]:
        status, answer, content = self._exchange(method, path, body, headers)
        if status >= http.client.BAD_REQUEST:
            raise RegistryError(f"{method} {path}: {status} {content.decode(errors='replace')}")
        return answer, content

    def _exchange(
        self, method: str, path: str, body: Body = None, headers: Headers = NONE
    ) -> tuple[int, Headers, bytes]:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=120)
        try:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            return answer.status, dict(answer.headers), answer.read()
        finally:
            connection.close()


def digests_in(manifest: bytes) -> list[str]:
    """The blobs that a manifest refers to."""
    found = json.loads(manifest)
    return [found["config"]["digest"], *(layer["digest"] for layer in found["layers"])]
