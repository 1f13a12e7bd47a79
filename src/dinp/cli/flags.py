"""Flags that mean what a key of the configuration means: read, bounded and refused as that key is."""

from typing import TypeVar

from dinp.model.config_keys import Key
from dinp.model.config_section import read_value, shown
from dinp.model.problem import BadInputError, Problem

T = TypeVar("T")


def key_of(keys: tuple[Key, ...], name: str) -> Key:
    """The key of that name in one of the tables of model/config_keys.py."""
    return next(key for key in keys if key.name == name)


def read_flag(flag: str, text: str | None, key: Key, kind: type[T]) -> T | None:
    """A flag's value.

    Args:
        flag: as it is written, for sentences.
        text: what was given with it; None when the flag was not there.
        key: the key of the configuration that means the same.
        kind: what its values are.

    Raises:
        BadInputError: it is no such value.
    """
    if text is None:
        return None
    try:
        value = read_value(text, key)
    except ValueError as error:
        raise BadInputError(
            Problem("bad-flag", f"{flag} {shown(text)}: {error}.", "See the verb's --help, and configuration.md.")
        ) from error
    if not isinstance(value, kind):
        raise TypeError(f"{key.name} is not {kind.__name__}")
    return value
