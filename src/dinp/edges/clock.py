"""The only place that asks what time it is on the wall."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Now, in UTC."""
    return datetime.now(tz=UTC)
