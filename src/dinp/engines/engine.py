"""What every kind of engine tells the isolation that is to run it."""

from dataclasses import dataclass
from typing import Protocol

from dinp.model.choices import Choices
from dinp.model.endpoint import TlsTexts
from dinp.model.engine_places import EnginePlaces
from dinp.model.engine_spec import EngineSpec, IsolationKind
from dinp.model.launch_plan import TextFile


@dataclass(frozen=True, slots=True)
class EngineCommand:
    """An engine's command line with what belongs to it.

    Attributes:
        argv: its program and arguments; listening sockets come by sd_listen_fds(3).
        env: variables that it needs besides PATH, HOME and TMPDIR.
        files: configuration files, at paths that it sees.
    """

    argv: tuple[str, ...]
    env: tuple[tuple[str, str], ...]
    files: tuple[TextFile, ...]


class Engine(Protocol):
    """One kind of engine: a module that fills in this form."""

    def command(
        self,
        spec: EngineSpec,
        choices: Choices,
        isolation: IsolationKind,
        places: EnginePlaces,
        tls: TlsTexts | None,
        authorities: str = "",
    ) -> EngineCommand:
        """Facts and wishes in, command line out; `authorities` are certificates (PEM) to be trusted."""
        ...
