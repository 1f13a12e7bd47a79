"""What every kind of engine tells the isolation that is to run it."""

from dinp.model.choices import Choices
from dinp.model.endpoint import TlsTexts
from dinp.model.engine_command import EngineCommand, EngineTraits
from dinp.model.engine_places import EnginePlaces
from dinp.model.engine_spec import EngineSpec, IsolationKind

TYPE_CHECKING = False
if TYPE_CHECKING:  # without importing typing, which is slow: an engine waits for this
    from typing import Protocol
else:
    Protocol = object


class Engine(Protocol):
    """One kind of engine: a module that fills in this form."""

    TRAITS: EngineTraits

    def command(
        self,
        spec: EngineSpec,
        choices: Choices,
        isolation: IsolationKind,
        places: EnginePlaces,
        tls: TlsTexts | None,
        /,
        authorities: str = "",
    ) -> EngineCommand:
        """Facts and wishes in, command line out; `authorities` are certificates (PEM) to be trusted."""
