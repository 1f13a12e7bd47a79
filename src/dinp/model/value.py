"""Frozen values: what a frozen dataclass is to its users, and six times cheaper to define (decision 7).

An engine waits for these classes to be made: the decorator compiles six functions for each of them, and brings the
modules of a compiler along. Here the functions are written once; mypy checks subclasses as the dataclasses they are.
"""

from __future__ import annotations

__all__ = ["Value", "as_data", "replace"]

TYPE_CHECKING = False
if TYPE_CHECKING:  # importing these costs more than all values of the start together
    from collections.abc import Callable
    from dataclasses import replace
    from typing import Any, ClassVar, Never, dataclass_transform
else:

    def dataclass_transform(**_promises: bool) -> Callable[[type], type]:
        """What type checkers read; nothing at run time."""
        return lambda each: each

    def replace(value: Value, /, **changes: object) -> Value:
        """The same value but for some fields: dataclasses.replace, for which type checkers take it."""
        return type(value)(**{**vars(value), **changes})


@dataclass_transform(frozen_default=True)
class Value:
    """A noun: its annotated names are its fields, in order, what they are set to is their default.

    Values are equal when they are of one type and all their fields are; they can be hashed, matched by position, and
    never changed. A default is shared by all values, so that it must be a value itself.
    """

    __match_args__: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        """Read the fields off the annotations, behind those of the class that is extended."""
        type.__setattr__(cls, "__match_args__", (*cls.__match_args__, *cls.__annotations__))

    def __init__(self, *values: object, **named: object) -> None:
        """Take a value for each field, by position or by name, or its default.

        Raises:
            TypeError: one is missing, is no field, or is given twice.
        """
        cls = type(self)
        names = cls.__match_args__
        given = vars(self)
        for name, value in zip(names, values, strict=False):
            given[name] = value
        for name in names[len(values) :]:
            if name in named:
                given[name] = named.pop(name)
            elif hasattr(cls, name):
                given[name] = getattr(cls, name)
            else:
                raise TypeError(f"{cls.__name__} takes {name}")
        if named or len(values) > len(names):
            wrong = ", ".join(named) or f"{len(values)} values"
            raise TypeError(f"{cls.__name__} takes {', '.join(names) or 'nothing'}, each once: not {wrong}")

    def __setattr__(self, name: str, value: object) -> Never:
        raise AttributeError(f"{type(self).__name__} is frozen: {name} cannot be set")

    def __delattr__(self, name: str) -> Never:
        raise AttributeError(f"{type(self).__name__} is frozen: {name} cannot be deleted")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((type(self), *vars(self).values()))

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__qualname__}({fields})"


def as_data(value: Value) -> dict[str, Any]:
    """A value as a mapping from field to content, all the way down; tuples stay tuples."""
    return {name: _plain(each) for name, each in vars(value).items()}


def _plain(content: object) -> object:
    if isinstance(content, Value):
        return as_data(content)
    return tuple(map(_plain, content)) if isinstance(content, tuple) else content
