"""What every way of keeping an engine apart has to say."""

from dinp.model.choices import Choices
from dinp.model.engine_command import EngineCommand
from dinp.model.engine_places import EnginePlaces, TenantDirectories
from dinp.model.engine_spec import EngineKind, EngineSpec
from dinp.model.id_range import IdRange
from dinp.model.launch_plan import LaunchPlan, TreeStep
from dinp.model.link_plan import LinkPlan
from dinp.model.tenant import Tenant
from dinp.model.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:  # without importing typing, which is slow: an engine waits for this
    from typing import Protocol
else:
    Protocol = object


class Identity(Value):
    """What one tenant's engine has for itself.

    Attributes:
        ids: its user and group ids; None without a user namespace.
        link: its network; None when the isolation brings its own.
        cgroup: name of its control group below the agent's own; None when none can be made.
        python: directories that the port helper's interpreter needs, and its program.
        own_root: the words that run edges/own_root.py, before its arguments.
    """

    ids: IdRange | None
    link: LinkPlan | None
    cgroup: str | None
    python: tuple[str, ...]
    own_root: tuple[str, ...] = ()


class Needs(Value):
    """What the agent has to give each engine of this kind.

    Attributes:
        ids: a range of user and group ids of its own.
        link: a network link of its own.
        caution: what whoever chooses this kind must know, in a sentence without its full stop; empty when nothing.
    """

    ids: bool
    link: bool
    caution: str = ""


class Isolation(Protocol):
    """One way of keeping engines apart: a module that fills in this form."""

    NEEDS: Needs

    def places(self, directories: TenantDirectories) -> EnginePlaces:
        """Where the engine will find things, as it sees them."""

    def own_tree(self, kind: EngineKind) -> tuple[TreeStep, ...]:
        """What all engines of a kind have in their trees, workspaces aside; empty where they see the agent's."""

    def plan(
        self,
        tenant: Tenant,
        spec: EngineSpec,
        choices: Choices,
        identity: Identity,
        directories: TenantDirectories,
        command: EngineCommand,
    ) -> LaunchPlan:
        """The launch as data."""
