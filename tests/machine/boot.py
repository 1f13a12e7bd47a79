"""Boots the machine without hardware virtualisation, and reads what the checks inside say until it is off."""

import json
import logging
import os
import selectors
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.machine.base_disk import BaseDisk

BOUND = 1500.0
"""Seconds after which a machine is taken for hung; on two idle processors it needs a fifth of this."""


@dataclass(frozen=True)
class Said:
    """One check's result.

    Attributes:
        check: its name.
        seen: what it saw.
        error: why it could not look; empty when it could.
    """

    check: str
    seen: dict[str, Any]
    error: str


class MachineError(Exception):
    """The machine did not do as it should; the text has the end of its console."""


def run_machine(base: BaseDisk, payload: Path) -> list[Said]:
    """Boot, listen, and wait for the end. The disks are left as they were."""
    with tempfile.TemporaryDirectory(prefix="dinp-console-") as scratch:
        console = Path(scratch, "console")
        with subprocess.Popen(_qemu(base, payload, console), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as qemu:
            try:
                return [_understood(line) for line in _lines(qemu)]
            except MachineError as error:
                tail = "\n".join(console.read_text(errors="replace").splitlines()[-60:])
                raise MachineError(f"{error}\n{tail}") from None
            finally:
                qemu.kill()


def _qemu(base: BaseDisk, payload: Path, console: Path) -> list[str]:
    return [
        "qemu-system-x86_64", "-accel", "tcg,thread=multi", "-smp", "2", "-m", "2048", "-nographic", "-no-reboot",
        "-monitor", "none", "-nic", "none",
        "-kernel", str(base.kernel), "-initrd", str(base.initrd),
        "-append", "root=/dev/vda rw console=ttyS0 quiet mitigations=off selinux=0 apparmor=0",
        "-drive", f"file={base.root},if=virtio,format=raw,snapshot=on,cache=unsafe",
        "-drive", f"file={payload},if=virtio,format=raw,read-only=on",
        "-serial", f"file:{console}", "-serial", "stdio",
    ]  # fmt: skip


def _lines(qemu: subprocess.Popen[bytes]) -> Iterator[str]:
    """Complete lines of the second serial port, as they come."""
    assert qemu.stdout is not None
    end, rest = time.monotonic() + BOUND, b""
    with selectors.DefaultSelector() as selector:
        selector.register(qemu.stdout, selectors.EVENT_READ)
        while True:
            if not selector.select(end - time.monotonic()):
                raise MachineError(f"The machine was not done after {BOUND:.0f} s.")
            data = os.read(qemu.stdout.fileno(), 65536)
            if not data:
                return
            *complete, rest = (rest + data).split(b"\n")
            for line in complete:
                text = line.decode(errors="replace").strip()
                if text:
                    logging.getLogger(__name__).info("%s", text)
                    yield text


def _understood(line: str) -> Said:
    try:
        values = json.loads(line)
    except ValueError as error:
        raise MachineError(f"The machine said something else than a result: {line!r}.") from error
    return Said(values["check"], values.get("seen", {}), values.get("error", ""))
