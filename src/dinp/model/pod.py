"""The parts of a pod that dinp writes: mounts, variables, volumes; each knows its form in the Kubernetes API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dinp.model.value import Value

Json = str | int | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]
"""What an object of the Kubernetes API is made of."""

Object = dict[str, Json]
"""A mapping of the Kubernetes API, in the order in which it is to be written."""


class Mount(Value):
    """A volume at a path of a container (core/v1 VolumeMount).

    Attributes:
        volume: its name.
        path: where.
        sub_path: the part of the volume that is mounted; empty for all of it.
        read_only: whether the container may only read it.
    """

    volume: str
    path: str
    sub_path: str = ""
    read_only: bool = False

    def data(self) -> Object:
        """As the API has it."""
        data: Object = {"name": self.volume, "mountPath": self.path}
        if self.sub_path:
            data["subPath"] = self.sub_path
        if self.read_only:
            data["readOnly"] = True
        return data


class Variable(Value):
    """An environment variable of a container (core/v1 EnvVar) with a literal value."""

    name: str
    value: str

    def data(self) -> Object:
        """As the API has it: `$(NAME)` would be expanded there, `$$(NAME)` is a literal `$(NAME)`."""
        return {"name": self.name, "value": self.value.replace("$(", "$$(")}


class Volume(Value):
    """A volume of a pod (core/v1 Volume).

    Attributes:
        name: what mounts call it.
        kind: the key of its source, e.g. `emptyDir`.
        source: what stands below that key.
    """

    name: str
    kind: str
    source: Mapping[str, Json]

    def data(self) -> Object:
        """As the API has it."""
        return {"name": self.name, self.kind: dict(self.source)}


def quantity(amount: int) -> str:
    """Bytes as Kubernetes writes them (resource.Quantity), in the largest binary unit that is exact."""
    for unit, factor in (("Ti", 2**40), ("Gi", 2**30), ("Mi", 2**20), ("Ki", 2**10)):
        if amount >= factor and amount % factor == 0:
            return f"{amount // factor}{unit}"
    return str(amount)


def cpu_quantity(amount: float) -> str:
    """Processors as Kubernetes writes them, in thousandths where they are not whole; never less than `1m`."""
    thousandths = max(1, round(amount * 1000))
    return str(thousandths // 1000) if thousandths % 1000 == 0 else f"{thousandths}m"
