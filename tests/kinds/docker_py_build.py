"""Builds with docker-py: copied into the tenant's folder and run there."""

import io
import sys

import docker

client = docker.from_env(timeout=60)
image, _ = client.images.build(fileobj=io.BytesIO(b"FROM busybox\nRUN echo made > /word\n"), tag="py:1", rm=True)
assert client.containers.run(image, ["cat", "/word"]) == b"made\n"
client.close()
sys.stdout.write("built\n")
