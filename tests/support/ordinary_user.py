"""An ordinary user of the machine for the time of some tests: made, given sub-ids, removed with everything of it."""

import json
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dinp.edges.process_events import wait_for_exit
from tests.support.engines import environment
from tests.support.running import DINP, PATIENCE, Done

_VIEW = Path(__file__).with_name("user_view.py")
_CHECKOUT = Path(__file__).parents[2]


@dataclass(frozen=True)
class OrdinaryUser:
    """A user with a home directory of its own."""

    name: str

    @property
    def uid(self) -> int:
        return pwd.getpwnam(self.name).pw_uid

    @property
    def home(self) -> Path:
        return Path(pwd.getpwnam(self.name).pw_dir)

    def folder(self, name: str) -> Path:
        """A fresh directory in the user's home, the user's own."""
        made = self.home / name
        made.mkdir()
        os.chown(made, self.uid, self.uid)
        return made

    def environment(self, version: str, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """As after a login without a session manager (no XDG_RUNTIME_DIR)."""
        kept = environment(version, more)
        for name in [name for name in kept if name.startswith("XDG_")]:
            del kept[name]
        return kept | {"HOME": str(self.home), "USER": self.name, "DOCKER_CONFIG": str(self.home / ".docker")}

    def command(self, version: str, *words: str) -> list[str]:
        """`words` as the user, for whom what lies behind root's home can be reached (user_view.py)."""
        path = [entry for entry in self.environment(version)["PATH"].split(os.pathsep) if os.path.isdir(entry)]
        named = [os.environ[name] for name in ("DINP_IMAGES", "DINP_CLI_PLUGINS")]
        seen = [sys.prefix, sys.base_prefix, str(_CHECKOUT), *path, *named]
        return [sys.executable, str(_VIEW), self.name, *dict.fromkeys(seen), "--", *words]

    def run(self, version: str, *words: str, folder: Path, options: tuple[str, ...] = ()) -> Done:
        """`dinp run OPTIONS -- WORDS` as the user."""
        done = subprocess.run(
            self.command(version, DINP, "run", *options, "--", *words), cwd=folder, env=self.environment(version),
            capture_output=True, text=True, timeout=PATIENCE,
        )  # fmt: skip
        return Done(done.returncode, done.stdout, done.stderr)

    def script(self, version: str, text: str, *, folder: Path, options: tuple[str, ...] = ()) -> Done:
        """`dinp run OPTIONS -- sh -euc TEXT` as the user."""
        return self.run(version, "sh", "-euc", text, folder=folder, options=options)

    def processes(self) -> list[str]:
        """What runs as the user, or as one of its sub-ids."""
        ids = {self.uid, *_sub_ids(self.name)}
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                dead = (process / "stat").read_text().rpartition(")")[2].split()[0] in "ZX"
                if process.stat().st_uid in ids and not dead:
                    found.append(f"{process.name} {(process / 'cmdline').read_text().replace(chr(0), ' ')}")
            except OSError:
                continue
        return found

    def state(self) -> list[str]:
        """What dinp keeps for the user."""
        home = self.home / ".local/state/dinp"
        return sorted(str(path) for path in home.glob("run*/**/*") if path.parent != home / "run")


def _sub_ids(name: str) -> range:
    for line in Path("/etc/subuid").read_text(encoding="utf-8").splitlines():
        owner, first, count = line.split(":")
        if owner == name:
            return range(int(first), int(first) + int(count))
    return range(0)


@contextmanager
def ordinary_user() -> Iterator[OrdinaryUser]:
    """The user, while the block runs. useradd locks the files that it changes, so tests may do this side by side."""
    name = f"dinp-t-{os.getpid():x}"
    subprocess.run(["useradd", "--create-home", "--shell", "/bin/sh", "--user-group", name], check=True)
    try:
        if not _sub_ids(name):
            ids = "--add-subuids=800000000-800065535", "--add-subgids=800000000-800065535"
            subprocess.run(["usermod", *ids, name], check=True)
        user = OrdinaryUser(name)
        user.home.chmod(0o755)
        docker = user.folder(".docker")
        if "DINP_CLI_PLUGINS" in os.environ:
            config = {"cliPluginsExtraDirs": [os.environ["DINP_CLI_PLUGINS"]]}
            (docker / "config.json").write_text(json.dumps(config), encoding="utf-8")
        yield user
        left = user.processes()
        assert not left, f"left behind: {left}"
    finally:
        home = OrdinaryUser(name).home
        for line in OrdinaryUser(name).processes():
            wait_for_exit(int(line.split()[0]), kill=True)
        subprocess.run(["userdel", name], check=True)
        shutil.rmtree(home)
