"""How the values of `dinp certificates` are written; each reader raises ValueError with words for "FLAG is TEXT: …"."""

from __future__ import annotations

import re

AUTHORITY_DAYS = 3650
"""Ten years: how long a new authority is valid, and nothing that it signs is valid for longer."""

SERVER = "server"
"""The folder of the engine's own pair."""

_CLIENT = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9])?")
"""A folder's name and a common name, which has 64 characters at most (RFC 5280, ub-common-name)."""

_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")


def read_client(text: str) -> str:
    """The name of a client's pair: its folder and its common name are called so."""
    if not _CLIENT.fullmatch(text):
        raise ValueError(
            "a client's name has 1 to 64 letters, digits, dots, dashes and underscores, with a letter or digit at both"
            " ends, e.g. ci-runner"
        )
    if text.lower() == SERVER or text.endswith(".pem"):
        raise ValueError(f"{text} is what dinp's own files there are called: choose another, e.g. client-{text}")
    return text


def read_host(text: str) -> str:
    """A DNS name, perhaps with `*.` in front, or an IP address; as certificates have it."""
    from ipaddress import ip_address

    try:
        return str(ip_address(text))
    except ValueError:
        pass
    labels = text.removeprefix("*.").split(".")
    if len(text) > 253 or not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        raise ValueError(
            "a host is a DNS name in ASCII or an IP address, without scheme and port, e.g. docker.example or 10.0.0.7;"
            " names with other letters are written with xn--"
        )
    return text.lower()


def read_days(text: str) -> int:
    """How long pairs are to be valid."""
    if not (text.isascii() and text.isdigit()) or len(text) > 4 or not 1 <= int(text) <= AUTHORITY_DAYS:
        raise ValueError(f"days are a whole number from 1 to {AUTHORITY_DAYS}, which is how long an authority is valid")
    return int(text)
