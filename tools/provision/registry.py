"""An image registry on loopback, for tests: plain, or with TLS and a password, gone when the block ends.

    with registry(program, storage, tls=True, users={"me": "secret"}) as running:
        ...  # running.address is 127.0.0.1:PORT, running.ca the certificate to trust

`program` is docker-registry (distribution 2.8), which `make setup` leaves in the folder of DINP_TOOLS.
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tools.provision.command import output_of
from tools.provision.refusal import RefusalError


@dataclass(frozen=True)
class RunningRegistry:
    """A registry that answers. `ca` is set when it speaks TLS; `pid` is its process."""

    address: str
    pid: int
    ca: Path | None


@contextlib.contextmanager
def registry(
    program: Path, storage: Path, *, tls: bool = False, users: Mapping[str, str] | None = None, host: str = "127.0.0.1"
) -> Iterator[RunningRegistry]:
    """Run a registry that keeps its content in `storage`, on a free port of `host` (an IP address).

    `users` are names and passwords; without them everybody may push and pull. Raises RefusalError with the registry's
    own words when it does not start.
    """
    with tempfile.TemporaryDirectory(prefix="dinp-registry-") as scratch:
        folder = Path(scratch)
        ca = self_signed(folder, host) if tls else None
        config = folder / "config.yml"
        # JSON is YAML too.
        config.write_text(json.dumps(configuration(storage, host, folder, ca, users or {})))
        with subprocess.Popen(
            [program, "serve", config], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True, errors="replace", env={"OTEL_TRACES_EXPORTER": "none"},
        ) as child:  # fmt: skip
            assert child.stderr is not None
            # Read on, so that the registry never blocks on a full pipe.
            reader = threading.Thread(target=child.stderr.readlines, daemon=True)
            try:
                address = listening_address(child.stderr)
                reader.start()
                yield RunningRegistry(address, child.pid, ca)
            finally:
                child.terminate()
                if reader.ident is not None:
                    reader.join()


def configuration(
    storage: Path, host: str, folder: Path, ca: Path | None, users: Mapping[str, str]
) -> Mapping[str, object]:
    """The registry's configuration file (distribution's docs/configuration.md); port 0 lets the kernel choose."""
    http: dict[str, object] = {"addr": f"{host}:0"}
    if ca is not None:
        http["tls"] = {"certificate": str(ca), "key": str(folder / "key.pem")}
    config: dict[str, object] = {
        "version": "0.1",
        "log": {"level": "info", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(storage)}, "delete": {"enabled": True}},
        "http": http,
    }
    if users:
        passwords = folder / "htpasswd"
        passwords.write_text("".join(password_line(name, password) for name, password in users.items()))
        config["auth"] = {"htpasswd": {"realm": "registry", "path": str(passwords)}}
    return config


def password_line(name: str, password: str) -> str:
    """A line of a password file, in bcrypt: the only kind that the registry takes."""
    if shutil.which("htpasswd") is None:
        raise RefusalError("htpasswd is missing.", "Install it (Debian, Ubuntu: apt-get install apache2-utils).")
    return output_of(["htpasswd", "-nbBC", "5", name, password]).strip() + "\n"


def self_signed(folder: Path, host: str) -> Path:
    """A certificate for `host` and localhost, valid for a day, its own authority; key.pem beside it is its key."""
    certificate = folder / "cert.pem"
    output_of([
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
        "-subj", "/CN=dinp test registry", "-addext", f"subjectAltName=IP:{host},DNS:localhost",
        "-keyout", str(folder / "key.pem"), "-out", str(certificate),
    ])  # fmt: skip
    return certificate


def listening_address(stderr: IO[str]) -> str:
    """Wait for the line in which the registry names its address. Raises RefusalError when it ends without one."""
    said = []
    for line in stderr:
        said.append(line)
        found = re.search(r"listening on ([\d.\[\]:a-f]+:\d+)", line)
        if found:
            return found.group(1)
    raise RefusalError("The registry ended before it listened:\n" + "".join(said[-5:]), "See its message above.")
