"""What all engines of one agent share: the machine's facts, the choices made from them, the state, the network."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterable

from dinp.agent.id_ranges import allocate
from dinp.agent.link_plans import link_plan
from dinp.agent.preflight import preflight
from dinp.agent.vocabulary import Phase, State
from dinp.edges.agent_log import AgentLog
from dinp.edges.blank_mounts import BlankMounts, BlankMountsInTheMaking
from dinp.edges.engine_network import AgentNetwork, others_addresses
from dinp.edges.event_loop import EventLoop
from dinp.edges.id_probe import living_ranges, own_id_map, promised_ranges
from dinp.edges.state_store import StateStore
from dinp.edges.tenant_doors import TenantDoors
from dinp.edges.termination_log import TerminationLog
from dinp.isolation.all_isolations import ISOLATIONS
from dinp.isolation.isolation import Identity
from dinp.model.choices import Choices
from dinp.model.engine_spec import EngineKind, EngineSpec
from dinp.model.id_range import IdRange
from dinp.model.link_plan import LinkPlan
from dinp.model.problem import Problem, WorldRefusedError
from dinp.model.tenant import Tenant
from dinp.model.tenant_status import TenantStatus
from dinp.programs.look import FirstLook, look, workspaces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dinp.edges.network.departures import Departures
    from dinp.edges.network.socket_diag import Connections

_OWN_ROOT = (
    *(os.path.realpath(sys.executable), "-I", "-S", "-c"),
    "import sys; sys.path.insert(0, sys.argv.pop(1)); from dinp.edges.own_root import main; main()",
    os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))),
)


class EngineHost:
    """Shared by the tenants of one agent.

    Attributes:
        loop: where descriptors are watched.
        store: the state directory, locked.
        log: where to tell what happens.
        spec: what engines are to be; replaced by a reload.
        tenants: all of them, for what has to be distinct among them.
        last_sentences: what a pod's status shall say when the agent has ended.
    """

    def __init__(
        self, loop: EventLoop, store: StateStore, log: AgentLog, spec: EngineSpec, first_look: FirstLook | None = None
    ) -> None:
        """Nothing is looked at yet, or `first_look` is under way."""
        self._first_look = first_look
        self.loop, self.store, self.log, self.spec = loop, store, log, spec
        self.tenants: tuple[Tenant, ...] = ()
        self.last_sentences = TerminationLog()
        self.progress: Callable[[str], None] = lambda _step: None
        self._choices: Choices | None = None
        self._network: AgentNetwork | None = None
        self._blanks: BlankMounts | None = None
        self._making = first_look.blanks if first_look is not None else None
        self._others: frozenset[str] | None = None
        self._indexes: dict[str, int] = {}
        self._engines: dict[str, int] = {}

    def choices(self) -> Choices:
        """What preflight chose; looked at once, and again after `forget_choices`.

        Raises:
            WorldRefusedError: engines cannot be had here.
        """
        if self._choices is None:
            first, self._first_look = self._first_look, None
            if first is not None and first.blanks is not None:
                self.network.warm_up()  # while the look goes on
            seen = first.facts() if first is not None else None
            facts = seen or look(self.store.root, self.spec, self.tenants)
            self._choices = preflight(facts, self.spec, workspaces(self.tenants))
            caution = ISOLATIONS[self._choices.isolation].NEEDS.caution
            if caution:
                self.log.say(f"isolation {self._choices.isolation.value}: {caution}", level="warning")
        return self._choices

    def choices_for(self, tenant: Tenant) -> Choices:
        """The same, for an engine that sees this tenant's workspaces.

        Raises:
            WorldRefusedError: engines cannot be had here, or one of its workspaces cannot be shown to one now.
        """
        known = self._choices is not None
        choices = self.choices()
        if known and _problems_of(tenant, choices):
            self.forget_choices()  # it may have been mended since
            choices = self.choices()
        if problems := _problems_of(tenant, choices):
            raise WorldRefusedError(*problems)
        return choices

    def forget_choices(self) -> None:
        """Look at the machine anew before the next start."""
        first, self._first_look = self._first_look, None
        if first is not None:
            first.facts()  # what it saw is not wanted any more, but its process has to be collected
        self._choices = None

    def take_blanks(self) -> BlankMounts:
        """A blank proc and sysfs for one engine, which the caller closes: a mount can be attached only once."""
        blanks, self._blanks = self._blanks, None
        return blanks or self._make_blanks()

    def _make_blanks(self) -> BlankMounts:
        making, self._making = self._making or BlankMountsInTheMaking(), None
        return making.take()

    @property
    def network(self) -> AgentNetwork:
        """The network that the engines of this agent share."""
        if self._network is None:
            self._network = AgentNetwork(self.store.instance())
        return self._network

    def warm_up(self) -> None:
        """Do now, while nobody waits, what the first engine's start would have to do: look, decide, import.

        That engines cannot be had here is not said yet: who connects is told, and it may be mended until then.
        """
        try:
            choices = self.choices()
        except WorldRefusedError as refused:
            self.log.say(f"engines cannot be started here as things are: {refused}", level="warning")
            self.forget_choices()
            return
        for tenant in self.tenants:
            for problem in _problems_of(tenant, choices):
                text = f"its engine cannot be started as things are: {problem}"
                self.log.say(text, tenant=tenant.name, level="warning")
        needs = ISOLATIONS[choices.isolation].NEEDS
        if needs.link:
            self.network.warm_up()
        if needs.ids and self._blanks is None:
            self._blanks = self._make_blanks()

    def index(self, tenant: str) -> int:
        """A small number that no other tenant of this agent has."""
        if tenant not in self._indexes:
            taken = set(self._indexes.values())
            self._indexes[tenant] = next(number for number in range(len(taken) + 1) if number not in taken)
        return self._indexes[tenant]

    def identity(self, tenant: Tenant) -> Identity:
        """What the tenant's engine has for itself alone.

        Raises:
            WorldRefusedError: there is no free range of ids left.
        """
        choices = self.choices()
        needs = ISOLATIONS[choices.isolation].NEEDS
        instance = self.store.instance()
        return Identity(
            ids=self._ids(tenant.name) if needs.ids else None,
            link=self._link(choices, tenant.name) if needs.link else None,
            cgroup=f"dinp-{instance}/{tenant.name}" if choices.cgroup_limits else None,
            python=(sys.base_prefix,),
            own_root=_OWN_ROOT,
        )

    def _ids(self, tenant: str) -> IdRange:
        own = self.store.ids()
        if tenant not in own:
            instance, promised = self.store.instance(), promised_ranges()
            ids = allocate(tenant, own, living_ranges(), own_id_map(), instance, promised)
            self.store.keep_ids(tenant, ids)
            return ids
        return own[tenant]

    def _link(self, choices: Choices, tenant: str) -> LinkPlan:
        if self._others is None:
            # Looked at once: the numbers of our own engines are only distinct among those of one look.
            self._others = others_addresses(self.store.instance())
        return link_plan(choices, self.store.instance(), self.index(tenant), self._others)

    def connections(self, doors: TenantDoors) -> "Connections":
        """Clients of a tenant's sockets, in their queues and accepted."""
        from dinp.edges.network.socket_diag import Connections, connections, tcp_connections, unix_connections

        found = Connections(0, 0)
        acceptors = self._acceptors()
        if doors.tcp is not None:
            port = doors.tcp.socket.getsockname()[1]
            found += tcp_connections(port, doors.tcp.inode, acceptors)
        if os.geteuid() != 0:
            # What identifies a listener best is told to root only; each is bound under a name of its own, too.
            return found + connections(doors.unix.socket.getsockname())
        return found + unix_connections(doors.unix.identity, acceptors)

    def departures(self, clients: "Connections") -> "Departures":
        """Readable when one of these clients has left; the caller's to close."""
        from dinp.edges.network.departures import Departures

        return Departures(clients.sockets, self._acceptors())

    def engine_started(self, tenant: str, pid: int) -> None:
        """An engine runs; `pid` is its first process."""
        self._engines[tenant] = pid

    def engine_ended(self, tenant: str) -> None:
        """An engine is gone."""
        self._engines.pop(tenant, None)

    def engine_pids(self) -> frozenset[int]:
        """The first processes of all engines."""
        return frozenset(self._engines.values())

    def _acceptors(self) -> frozenset[int]:
        """The engines themselves: below each first process, an init, or below rootlesskit's or podman's shell there."""
        children = _children(self._engines.values())
        grandchildren = _children(children)
        if self.spec.kind is EngineKind.PODMAN:
            return frozenset(children | grandchildren | _children(grandchildren))
        return frozenset(children | grandchildren)

    def phase_changed(self, tenant: Tenant, state: State) -> None:
        """A tenant's engine entered another phase of its life."""
        if state.phase is Phase.READY:
            self.progress("")
        if state.phase in {Phase.READY, Phase.FAILED}:
            self.last_sentences.stands(tenant.name, state.problem)
        chosen = self._choices
        self.store.write_status(
            TenantStatus(
                tenant=tenant.name,
                phase=state.phase.value,
                since=self.loop.clock(),
                endpoint=str(tenant.socket),
                tcp=str(tenant.tcp) if tenant.tcp is not None else "",
                tls=tenant.tcp is not None and tenant.tcp.tls is not None,
                engine=f"{self.spec.kind.value} {chosen.programs.version}" if chosen is not None else "",
                isolation=chosen.isolation.value if chosen is not None else "",
                pid=self._engines.get(tenant.name, 0),
                code=state.problem.code if state.problem is not None else "",
                problem=str(state.problem) if state.problem is not None else "",
            )
        )


def _problems_of(tenant: Tenant, choices: Choices) -> list[Problem]:
    wrong = dict(choices.not_shifted)
    asked = [each.path for each in tenant.workspaces if not each.by_chance]
    return [wrong[path] for path in asked if path in wrong]


def _children(pids: Iterable[int]) -> set[int]:
    """The children of all threads of these processes; those that have ended have none."""
    found: set[int] = set()
    for pid in pids:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as children:
                    found.update(int(child) for child in children.read().split())
    return found
