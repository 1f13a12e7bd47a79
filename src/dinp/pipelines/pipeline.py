"""What every CI system tells about itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from dinp.model.service_spec import Form, ServiceSpec
from dinp.model.value import Value
from dinp.pipelines.client import Client
from dinp.pipelines.example_step import ExampleStep
from dinp.topologies.topology import PodParts


class Style(Value):
    """One of the places where a system can be told.

    Attributes:
        name: as `--style` takes it.
        file: the file into which the snippet goes.
        sentence: when to take it.
    """

    name: str
    file: str
    sentence: str


class Request(Value):
    """One snippet, asked for.

    Attributes:
        style: one of the system's own.
        form: one of the system's own.
        client: the container that the job runs in.
        parts: what the topology brings to it.
        step: what the job does, as an example.
    """

    style: Style
    form: Form
    client: Client
    parts: PodParts
    step: ExampleStep


class Snippet(Value):
    """What a person pastes.

    Attributes:
        text: the snippet, with a newline at its end.
        notes: what they need to know besides, one sentence each.
    """

    text: str
    notes: tuple[str, ...] = ()


class Pipeline(Protocol):
    """One CI system: a module that fills in this form.

    Attributes:
        TITLE: the system's name in sentences.
        STYLES: where it can be told, the usual one first.
        FORMS: the forms of sidecar that work there, the usual one first.
        WITHOUT: a form that does not work there -> the reason, a sentence.
    """

    TITLE: str
    STYLES: tuple[Style, ...]
    FORMS: tuple[Form, ...]
    WITHOUT: Mapping[Form, str]

    def client(self, spec: ServiceSpec) -> Client:
        """The container in which it runs a job's commands."""
        ...

    def snippet(self, request: Request) -> Snippet:
        """The client and its parts in the system's own format.

        Raises:
            BadInputError: something of them cannot be said there.
        """
        ...
