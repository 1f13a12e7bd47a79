"""The last lines of each tenant's engines, in files that stay small: what `dinp logs` shows."""

import os
from collections.abc import Iterator

LARGEST = 1 << 20
"""Bytes of a file before it becomes the older of two."""


class TenantLog:
    """Appends lines to STATE/tenants/NAME/engine.log."""

    def __init__(self, path: str) -> None:
        """For that file; it is made with the first line."""
        self._path = path

    def append(self, lines: list[str]) -> None:
        """Write lines; a full disk is no reason for an engine to fail."""
        try:
            with open(self._path, "a", encoding="utf-8") as file:
                file.writelines(line + "\n" for line in lines)
                size = file.tell()
            if size > LARGEST:
                os.replace(self._path, self._path + ".1")
        except OSError:
            return


def lines(path: str) -> Iterator[str]:
    """All lines that are kept, oldest first."""
    for name in (path + ".1", path):
        if os.path.exists(name):
            with open(name, encoding="utf-8", errors="replace") as file:
                yield from (line.rstrip("\n") for line in file)
