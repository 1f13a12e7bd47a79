"""One agent with one tenant, and a folder that both the client and the engine see: what a user of dinp has."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.agents import RunningAgent, agent
from tests.support.engines import image, import_busybox
from tests.support.running import Done

TENANT = "team-a"


@dataclass
class Scene:
    """A tenant's view."""

    agent: RunningAgent
    folder: Path

    def runs(self, *words: str) -> Done:
        """A program with the tenant's environment, which must succeed."""
        done = self.agent.client(TENANT, *words, folder=self.folder)
        assert done.code == 0, done.all
        return done

    def shell(self, lines: str) -> Done:
        """A script with the tenant's environment, which must succeed."""
        return self.runs("sh", "-euc", lines)

    @property
    def environment(self) -> dict[str, str]:
        return self.agent.client_environment(TENANT)


@contextmanager
def scene(version: str, folder: Path, engine: dict[str, object] | None = None, images: bool = True) -> Iterator[Scene]:
    """A tenant whose workspace is `folder`, with a busybox and a Debian image."""
    keys = {"workspaces": [{"path": str(folder)}]}
    with agent(version, (TENANT,), engine=engine, tenant_keys=keys) as running:
        found = Scene(running, folder)
        if images:
            found.shell(f"{import_busybox()}; docker import {image('debian')} debian >/dev/null")
        yield found
