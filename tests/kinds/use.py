"""One thing that people do with an engine, as data."""

from collections.abc import Mapping
from dataclasses import dataclass

KINDS = {"dockerd": "29", "podman": "podman", "buildkitd": "buildkitd"}
"""Kind of engine -> the folder of programs that it is tried with."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of it with one kind of engine.

    Attributes:
        outcome: for the table.
        shows: what the output must match (a regular expression with DOTALL and MULTILINE).
        works: whether the script succeeds.
    """

    outcome: str
    shows: str
    works: bool = True


def works(shows: str, outcome: str = "works") -> Seen:
    """It does what it does with dockerd, or says what is different."""
    return Seen(outcome, shows)


def fails(outcome: str, shows: str) -> Seen:
    """It does not; the user sees why."""
    return Seen(outcome, shows, works=False)


@dataclass(frozen=True, slots=True)
class Use:
    """One use.

    Attributes:
        client: the program that is used.
        name: what is done with it.
        script: a shell script in a folder with `app/Dockerfile`; it finds REGISTRY and LOCKED in its environment.
        seen: kind of engine -> what came of it.
    """

    client: str
    name: str
    script: str
    seen: Mapping[str, Seen]
