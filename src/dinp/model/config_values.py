"""How single values of a configuration are written: durations, sizes, modes, addresses; text in, value out.

Each reader raises ValueError with words that continue the sentence "KEY is "TEXT", but …".
"""

from __future__ import annotations

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
BYTES = {
    "B": 1,
    "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
    "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40,
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40,
}  # fmt: skip
"""Decimal and binary units as IEC 80000-13 has them, and as Kubernetes writes the binary ones."""

IMAGE = (
    r"((([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(\.([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*"
    r"|\[[a-fA-F0-9:]+\])(:[0-9]+)?/)?[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*"
    r"(:[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127})?(@[A-Za-z][A-Za-z0-9]*([-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?"
)
"""A whole reference of an image."""

_NAME = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")
_LONGEST_NAME = 40


def read_text(text: str) -> str:
    """Any text but none at all."""
    if not text:
        raise ValueError("it must not be empty")
    return text


def read_name(text: str) -> str:
    """A tenant's name: a directory, a control group and a part of log lines are called so."""
    if not text or len(text) > _LONGEST_NAME or not _NAME.issuperset(text) or text[0] == "-" or text[-1] == "-":
        raise ValueError(
            f"a name has 1 to {_LONGEST_NAME} lower-case letters, digits and dashes, and no dash at its ends"
        )
    return text


def read_image(text: str) -> str:
    """A reference of an image, as container runtimes read it (distribution/reference, reference.go)."""
    import re

    if len(text) > 512 or not re.fullmatch(IMAGE, text):
        raise ValueError(
            "an image is written as [REGISTRY/]NAME[:TAG][@DIGEST], NAME in lower case, e.g. a.example/team/b:1.2"
        )
    return text


def read_path(text: str) -> str:
    """An absolute path, with `.`, `..` and doubled slashes taken out."""
    if "\0" in text:
        raise ValueError("a path has no NUL character")
    if not text.startswith("/"):
        raise ValueError("the path must be absolute: begin it with /")
    parts: list[str] = []
    for part in text.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/" + "/".join(parts)


def read_file(text: str) -> str:
    """A path that may be relative to the configuration's own directory."""
    if "\0" in text or not text:
        raise ValueError("it must be the path of a file")
    return text


def read_duration(text: str) -> float | None:
    """Seconds of `90s`, `10m`, `1h30m`; None for `never`."""
    if text == "never":
        return None
    return read_finite_duration(text)


def read_finite_duration(text: str) -> float:
    """Seconds of `90s`, `10m`, `1h30m`."""
    total, rest = 0.0, text
    while rest:
        number = rest[: len(rest) - len(rest.lstrip("0123456789."))]
        rest = rest[len(number) :]
        unit = rest[: len(rest) - len(rest.lstrip("abcdefghijklmnopqrstuvwxyz"))]
        rest = rest[len(unit) :]
        amount = _decimal(number)
        if amount is None or unit not in _SECONDS:
            total = -1.0
            break
        total += amount * _SECONDS[unit]
    if not text or total < 0:
        raise ValueError("a duration is a number with a unit (ms, s, m, h, d), e.g. 90s or 1h30m")
    return total


def read_size(text: str) -> int:
    """Bytes of `4GiB`, `512MiB`, `20GB`."""
    number = text[: len(text) - len(text.lstrip("0123456789."))]
    unit = text[len(number) :].strip()
    amount = _decimal(number)
    if amount is None or unit not in BYTES:
        raise ValueError("a size is a number with a unit (MiB, GiB, TiB, MB, GB, TB, B), e.g. 4GiB")
    return int(amount * BYTES[unit])


def read_number(text: str) -> float:
    """A positive decimal number, `2` or `0.5`."""
    amount = _decimal(text)
    if amount is None or amount <= 0:
        raise ValueError("it must be a positive number, e.g. 2 or 0.5")
    return amount


def read_count(text: str) -> int:
    """A positive whole number."""
    if not (text.isascii() and text.isdigit()) or len(text) > 18 or int(text) == 0:
        raise ValueError("it must be a positive whole number, e.g. 4096")
    return int(text)


def read_mode(text: str) -> int:
    """Permission bits in octal digits, `0660`; quotes make no difference."""
    digits = text.removeprefix("0o")
    if not 3 <= len(digits) <= 4 or not set(digits) <= set("01234567") or (len(digits) == 4 and digits[0] != "0"):
        raise ValueError('permission bits are three octal digits, e.g. "0660"')
    return int(digits, 8)


def read_boolean(text: str) -> bool:
    """`true` or `false`."""
    if text not in ("true", "false"):
        raise ValueError("it must be true or false")
    return text == "true"


def read_network(text: str) -> str:
    """A network in CIDR notation, without host bits."""
    from ipaddress import ip_network

    try:
        return str(ip_network(text)) if "/" in text else _no_network()
    except ValueError as error:
        raise ValueError("a network is written as address/prefix without host bits, e.g. 10.96.0.0/12") from error


def _no_network() -> str:
    raise ValueError("no prefix")


def read_address(text: str) -> tuple[str, int]:
    """IP address and port of `127.0.0.1:2376` or `[::1]:2376`."""
    from ipaddress import ip_address

    host, colon, port = text.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        address = ip_address(bare)
    except ValueError:
        address = None
    number = int(port) if port.isascii() and port.isdigit() and len(port) <= 5 else 0
    if address is None or not colon or not 0 < number < 65536 or (address.version == 6) != (bare != host):
        raise ValueError(
            "an address is an IP address and a port, e.g. 127.0.0.1:2376 or [::1]:2376; names are not looked up"
        )
    return str(address), number


def _decimal(text: str) -> float | None:
    whole, point, fraction = text.partition(".")
    digits = whole + fraction
    if not whole or (point and not fraction) or not (digits.isascii() and digits.isdigit()) or len(digits) > 18:
        return None
    return float(text)
