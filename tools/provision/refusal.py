"""The one error of provisioning: the machine lacks something, and a person has to act."""

from __future__ import annotations


class RefusalError(Exception):
    """What is missing, and what to do about it. `python3 -m tools.provision` prints it and exits with 3."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}\n  {remedy}")
        self.what = what
        self.remedy = remedy
