"""Small helps for sentences that people read."""

from collections.abc import Iterable


def listed(items: Iterable[str], conjunction: str) -> str:
    """`a, b and c`; empty for no items."""
    words = list(items)
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {conjunction} {words[-1]}"


def in_bytes(count: int) -> str:
    """A number of bytes in the largest binary unit that leaves at least 1: `71.3 GiB`."""
    size = float(count)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} bytes" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"
