"""The agent: opens every tenant's socket before anything else, gives each an engine when its first client comes."""

import signal
from collections.abc import Callable

from dinp.agent.vocabulary import Purpose, Timing
from dinp.edges import tenant_doors
from dinp.edges.agent_log import AgentLog
from dinp.edges.event_loop import EventLoop, reap_orphans
from dinp.edges.linux_syscalls import PR_SET_CHILD_SUBREAPER, prctl
from dinp.edges.tenant_doors import TenantDoors
from dinp.model.agent_config import AgentConfig
from dinp.model.engine_spec import EngineSpec
from dinp.model.problem import DinpError
from dinp.model.tenant import Tenant
from dinp.programs.doors import Doors
from dinp.programs.engine_host import EngineHost
from dinp.programs.look import FirstLook
from dinp.programs.tenant_runtime import TenantRuntime, alive, next_deadline


class Agent:
    """One agent with its tenants; `run` returns when it was told to end and nothing is left."""

    def __init__(
        self,
        config: AgentConfig,
        doors: Doors,
        log: AgentLog,
        read_again: Callable[[], AgentConfig],
        first_look: FirstLook,
    ) -> None:
        """Take over open sockets.

        Args:
            config: what to serve.
            doors: the sockets of its tenants; closed when the agent ends.
            log: where to tell what happens.
            first_look: at the machine, under way.
            read_again: reads the configuration anew (SIGHUP); raises BadInputError when it is wrong.
        """
        self._config = config
        self._log = log
        self._read_again = read_again
        self._ending = False
        self._doors = doors
        self._loop = EventLoop()
        self._host = EngineHost(self._loop, doors.store, log, config.engine, first_look)
        self._runtimes: dict[str, TenantRuntime] = {}
        for tenant in config.tenants:
            self._add(tenant, doors.tenants[tenant.name])

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT; a second one ends engines at once. SIGHUP reads the configuration again."""
        prctl(PR_SET_CHILD_SUBREAPER, 1)
        self._loop.watch_signals((signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD), self._signalled)
        self._log.say(f"{len(self._runtimes)} sockets are open; engines start with their first client")
        for runtime in tuple(self._runtimes.values()):
            runtime.begin()
        self._loop.run_once(self._loop.now())
        if not any(alive(runtime) for runtime in self._runtimes.values()):
            self._host.warm_up()
        while self._runtimes and not (self._ending and all(r.retired for r in self._runtimes.values())):
            self._turn()
        self._loop.close()

    def _turn(self) -> None:
        deadline = next_deadline(tuple(self._runtimes.values()))
        self._loop.run_once(deadline.at if deadline is not None else None)
        if deadline is not None and self._loop.now() >= deadline.at:
            deadline.runtime.time_passed()

    def _add(self, tenant: Tenant, doors: TenantDoors) -> TenantRuntime:
        self._host.tenants = (*(t for t in self._host.tenants if t.name != tenant.name), tenant)
        runtime = TenantRuntime(self._host, tenant, _timing(self._config.engine), doors)
        self._runtimes[tenant.name] = runtime
        return runtime

    def _signalled(self, number: int) -> None:
        match number:
            case signal.SIGCHLD:
                reap_orphans(self._host.engine_pids())
            case signal.SIGHUP:
                if not self._ending:
                    self._reload()
            case _ if self._ending:
                self._log.say("asked to end once more: engines are killed", level="warning")
                for runtime in self._runtimes.values():
                    runtime.kill()
            case _:
                self._shut_down()

    def _shut_down(self) -> None:
        self._ending = True
        running = [name for name, runtime in self._runtimes.items() if alive(runtime)]
        if running:
            bound = self._config.engine.drain_within
            self._log.say(f"ending: waits at most {bound:g} s for the clients of {', '.join(running)}")
        for runtime in tuple(self._runtimes.values()):
            runtime.shut_down()

    def _reload(self) -> None:
        try:
            config = self._read_again()
        except DinpError as error:
            self._log.say(f"the configuration was not taken over: {error}", level="error")
            return
        if config.state_dir != self._config.state_dir:
            self._log.say("state_dir cannot be changed while the agent runs; restart it", level="error")
            return
        before, self._config = self._config, config
        wanted = {tenant.name: tenant for tenant in config.tenants}
        self._host.spec, self._host.tenants = config.engine, config.tenants
        self._host.forget_choices()
        for name, runtime in tuple(self._runtimes.items()):
            if name not in wanted:
                runtime.shut_down(Purpose.REMOVED)
        for name, tenant in wanted.items():
            self._reconcile(name, tenant, engine_changed=before.engine != config.engine)
        self._log.say("the configuration was read again")

    def _reconcile(self, name: str, tenant: Tenant, *, engine_changed: bool) -> None:
        runtime = self._runtimes.get(name)
        if runtime is None or runtime.retired:
            try:
                opened = tenant_doors.open_doors(tenant)
            except DinpError as error:
                self._log.say(str(error), tenant=name, level="error")
                return
            self._doors.closing.callback(tenant_doors.remove, opened)
            self._add(tenant, opened).begin()
        elif engine_changed or runtime.tenant != tenant or runtime.state.problem is not None or runtime.state.retired:
            runtime.configuration_changed(tenant, _timing(self._config.engine))


def _timing(spec: EngineSpec) -> Timing:
    return Timing(spec.idle_stop_after, spec.drain_within)
