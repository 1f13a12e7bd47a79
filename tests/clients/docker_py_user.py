"""A user of docker-py: builds an image, runs it, and tells what it says."""

import io
import sys

import docker


def main() -> None:
    client = docker.from_env(timeout=60)
    try:
        image, _ = client.images.build(fileobj=io.BytesIO(b"FROM busybox\nRUN echo made > /word\n"), rm=True)
        sys.stdout.write(client.containers.run(image, ["cat", "/word"], remove=True).decode())
    finally:
        client.close()


if __name__ == "__main__":
    main()
