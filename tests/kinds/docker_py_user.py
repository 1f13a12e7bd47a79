"""What a program does that uses docker-py: copied into the tenant's folder and run there."""

import sys

import docker

client = docker.from_env(timeout=60)
events = client.events(decode=True, filters={"type": "container"})
assert client.containers.run("busybox", ["echo", "made"]) == b"made\n"
container = client.containers.run("busybox", ["sleep", "100"], detach=True)
assert container.exec_run(["sh", "-c", "echo inside; exit 4"]) == (4, b"inside\n")
assert any(event.get("Action") == "start" for event in (next(events) for _ in range(9)))
events.close()
container.remove(force=True)
client.close()
sys.stdout.write("all of it\n")
