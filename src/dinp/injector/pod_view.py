"""A pod (template) as the injector reads it: forgiving about what it does not change, exact about what it does."""

from __future__ import annotations

from collections.abc import Mapping

from dinp.manifests.edits import Path
from dinp.model import annotations as names
from dinp.model.pod import Json
from dinp.model.value import Value

Entry = Mapping[str, Json]
LISTS = ("initContainers", "containers")


class Container(Value):
    """One container of a pod.

    Attributes:
        path: from the pod to it.
        data: as the API has it.
    """

    path: Path
    data: Entry

    @property
    def name(self) -> str:
        """Its name; empty where it has none."""
        return text(self.data, "name")

    @property
    def initial(self) -> bool:
        """Whether it is an init container."""
        return self.path[1] == "initContainers"

    @property
    def environment(self) -> tuple[Entry, ...]:
        """Its variables."""
        return entries(self.data, "env")

    @property
    def mounts(self) -> tuple[Entry, ...]:
        """Its volumes' mounts."""
        return entries(self.data, "volumeMounts")


class PodView(Value):
    """One pod (template)."""

    data: Entry

    @property
    def spec(self) -> Entry:
        """Its spec."""
        found = self.data.get("spec")
        return found if isinstance(found, dict) else {}

    @property
    def annotations(self) -> Entry:
        """Its annotations."""
        metadata = self.data.get("metadata")
        found = metadata.get("annotations") if isinstance(metadata, dict) else None
        return found if isinstance(found, dict) else {}

    @property
    def containers(self) -> tuple[Container, ...]:
        """Every container, in the order of their start; ephemeral ones cannot be in a template."""
        return tuple(
            Container(("spec", name, position), each)
            for name in LISTS
            for position, each in enumerate(_list(self.spec, name))
            if isinstance(each, dict)
        )

    @property
    def volumes(self) -> tuple[Entry, ...]:
        """Its volumes."""
        return entries(self.spec, "volumes")

    @property
    def injected(self) -> str | None:
        """What the injector noted when it changed this pod; None where it has not."""
        found = self.annotations.get(names.INJECTED)
        return found if isinstance(found, str) else None

    @property
    def wanted(self) -> tuple[str, ...]:
        """Names of the containers that are to get Docker; none means all of them."""
        return tuple(name.strip() for name in text(self.annotations, names.CONTAINERS).split(",") if name.strip())

    @property
    def clients(self) -> tuple[Container, ...]:
        """The containers that are to get Docker."""
        wanted = self.wanted
        return tuple(each for each in self.containers if not wanted or each.name in wanted)


def text(data: Entry, key: str) -> str:
    """A key's text; empty where there is none."""
    found = data.get(key)
    return found if isinstance(found, str) else ""


def entries(data: Entry, key: str) -> tuple[Entry, ...]:
    """A key's list of mappings; what is no mapping is passed over."""
    return tuple(each for each in _list(data, key) if isinstance(each, dict))


def items(data: Entry, key: str) -> tuple[Entry, ...]:
    """A key's list; what is no mapping as an empty one, so that positions stay what they are."""
    return tuple(each if isinstance(each, dict) else {} for each in _list(data, key))


def _list(data: Entry, key: str) -> list[Json]:
    found = data.get(key)
    return found if isinstance(found, list) else []
