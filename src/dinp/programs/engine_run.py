"""One run of one engine, from its launch to the removal of everything that was its own."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable
from pathlib import Path

from dinp.edges import cgroups, engine_log, launch, listeners
from dinp.edges.engine_network import EngineLink
from dinp.edges.listeners import Listener
from dinp.edges.process_events import wait_for_exit
from dinp.edges.sessions import end_session
from dinp.edges.state_store import Lease
from dinp.edges.tenant_doors import TenantDoors
from dinp.edges.tenant_log import TenantLog
from dinp.edges.tls_files import read_authorities, read_tls
from dinp.edges.tree import Materials
from dinp.edges.user_namespaces import make_user_namespace
from dinp.engines.all_engines import ENGINES
from dinp.isolation.all_isolations import ISOLATIONS
from dinp.knowledge.last_words import explain_exit, explain_out_of_memory
from dinp.model.choices import Choices
from dinp.model.endpoint import UnixEndpoint
from dinp.model.engine_command import NOTICE_SOCKET, Readiness
from dinp.model.problem import Problem
from dinp.model.tenant import Tenant
from dinp.model.value import replace
from dinp.programs.engine_host import EngineHost

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

    from dinp.edges.engine_watch import EngineWatch
    from dinp.edges.ready_notice import ReadyNotice

_SIGNALLED = 128
"""An init reports the signal that ended its child as 128 and the signal's number, as shells do."""


class EngineRun:
    """A started engine with everything that the agent holds for it."""

    def __init__(self, host: EngineHost, tenant: Tenant, exited: Callable[[Problem, bool, bool], None]) -> None:
        """Nothing is started yet; see `start`."""
        self._host = host
        self._tenant = tenant
        self._exited = exited
        self._cleanup = contextlib.ExitStack()
        self._log = engine_log.EngineLog()
        self._kept = TenantLog(host.store.log_path(tenant.name))
        self._cleanup.callback(self._log.close)
        self._out_of_memory: Problem | None = None
        self._ended_for: Problem | None = None
        self._watch: EngineWatch | ReadyNotice | None = None
        self._engine: launch.RunningEngine | None = None

    @classmethod
    def start(
        cls,
        host: EngineHost,
        tenant: Tenant,
        doors: TenantDoors,
        answered: Callable[[], None],
        exited: Callable[[Problem, bool, bool], None],
    ) -> Self:
        """Start an engine that serves `doors`.

        Args:
            host: what engines share.
            tenant: whose engine.
            doors: the sockets that it is handed.
            answered: called once, when it gave its first answer.
            exited: called once, when it has ended and nothing of it is left: with what its last words mean, whether
                it chose to, and whether clients shall be told before the next start.

        Raises:
            WorldRefusedError: it cannot be started; nothing of it is left.
        """
        run = cls(host, tenant, exited)
        try:
            run._launch(doors, answered)
        except BaseException:
            run._cleanup.close()
            raise
        return run

    @property
    def containers(self) -> int:
        """How many containers run in it, as far as it has told."""
        return len(self._watch.containers) if self._watch is not None else 0

    def signal(self, number: signal.Signals) -> None:
        """Signal its first process."""
        if self._engine is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._engine.pidfd, number)

    def end_for(self, problem: Problem) -> None:
        """End it at once, and let its clients be told why."""
        self._ended_for = problem
        self.signal(signal.SIGKILL)

    def _launch(self, doors: TenantDoors, answered: Callable[[], None]) -> None:
        host, tenant, store = self._host, self._tenant, self._host.store
        choices = host.choices_for(tenant)
        self._say_what_is_lost(choices)
        host.progress(f"preparing an engine ({choices.isolation.value}, {choices.storage_driver})")
        isolation = ISOLATIONS[choices.isolation]
        store.empty_run(tenant.name)
        directories = store.directories(tenant.name, tenant.socket.path)
        identity = host.identity(tenant)
        lease = Lease(
            cgroups=cgroups.directories_of(identity.cgroup) if identity.cgroup is not None else (),
            index=host.index(tenant.name) if identity.link is not None else None,
            spare=(doors.unix.spare,),
        )
        store.write_lease(tenant.name, lease)
        self._cleanup.callback(store.drop_lease, tenant.name)
        if identity.cgroup is not None:
            self._cleanup.callback(cgroups.remove, lease.cgroups)
        user_namespace = None
        if identity.ids is not None:
            user_namespace = make_user_namespace(identity.ids)
            self._cleanup.callback(os.close, user_namespace)
        owner = identity.ids.first if identity.ids is not None else None
        if owner is not None:
            os.chown(directories.data, owner, owner)
        engine = ENGINES[host.spec.kind]
        handed = list(doors.sockets)
        if engine.TRAITS.readiness is Readiness.ANSWER:
            door = listeners.put_in_place(UnixEndpoint(f"{directories.door}/docker.sock", 0o660, owner, owner))
            self._cleanup.callback(_remove_door, door, Path(directories.door))
            handed.append(door.socket)
        else:
            self._watch = self._expect_notice(f"{directories.door}/{NOTICE_SOCKET}", owner)
        tls = read_tls(tenant.tcp.tls) if tenant.tcp is not None and tenant.tcp.tls is not None else None
        places = isolation.places(directories)
        authorities = read_authorities(host.spec.registries.authorities)
        command = engine.command(host.spec, choices, choices.isolation, places, tls, authorities)
        plan = isolation.plan(tenant, host.spec, choices, identity, directories, command)
        link = None
        if plan.link is not None:
            link = EngineLink(host.network, plan.link, host.loop, lambda text: host.log.say(text, tenant=tenant.name))
            self._cleanup.callback(link.take_away)
            link.prepare(directories.door, owner)
        host.progress("starting it")
        with contextlib.ExitStack() as used:
            blanks = host.take_blanks() if identity.ids is not None else None
            if blanks is not None:
                used.callback(blanks.close)
            self._engine = launch.launch(
                plan,
                sockets=tuple(one.fileno() for one in handed),
                log=self._log.writer,
                staging=Path(directories.staging),
                materials=Materials(identity.ids, user_namespace, blanks),
            )
        self._log.release_writer()
        store.write_lease(
            tenant.name,
            replace(lease, pid=self._engine.pid, started=self._engine.started, first_socket=plan.first_fd),
        )
        host.engine_started(tenant.name, self._engine.pid)
        self._cleanup.callback(host.engine_ended, tenant.name)
        self._cleanup.callback(os.close, self._engine.pidfd)
        host.loop.watch(self._engine.pidfd, self._ended)
        self._cleanup.callback(host.loop.unwatch, self._engine.pidfd)
        host.loop.watch(self._log, self._read_log)
        self._cleanup.callback(host.loop.unwatch, self._log.fileno())
        if lease.cgroups:
            self._watch_memory(lease.cgroups)
        self._cleanup.callback(self._end_unfinished)
        if link is not None:
            # The engine is on its way already, and needs ten times as long as this until it answers.
            link.attach(self._engine.pid)
            link.serve_ports()
        self._listen_to(f"{directories.door}/docker.sock", answered)

    def _say_what_is_lost(self, choices: Choices) -> None:
        wrong = dict(choices.not_shifted)
        for workspace in self._tenant.workspaces:
            if workspace.by_chance and workspace.path in wrong:
                self._host.log.say(
                    f"in containers, files of {workspace.path} belong to nobody: {wrong[workspace.path].sentence}",
                    level="warning",
                )

    def _end_unfinished(self) -> None:
        """End an engine that was started, but whose start could not be finished."""
        if self._engine is not None:
            end_session(self._engine.pid, self._host.store.run_directory(self._tenant.name))
            wait_for_exit(self._engine.pid, kill=True)
            self._engine = None

    def _expect_notice(self, path: str, owner: int | None) -> ReadyNotice:
        from dinp.edges.ready_notice import ReadyNotice

        notice = ReadyNotice(path, owner)
        self._cleanup.callback(notice.close)
        return notice

    def _ask_at(self, door: str) -> EngineWatch:
        from dinp.edges.engine_watch import EngineWatch

        watch = EngineWatch(door)
        self._cleanup.callback(watch.close)
        return watch

    def _listen_to(self, door: str, answered: Callable[[], None]) -> None:
        watch = self._watch or self._ask_at(door)
        self._watch = watch
        self._cleanup.callback(self._host.loop.unwatch, watch.fileno())
        self._host.progress("waiting for its first answer")

        def advance() -> None:
            was = watch.answered
            watch.advance()
            if watch.answered and not was:
                answered()
            if watch.failed:
                self._host.loop.unwatch(watch.fileno())

        self._host.loop.watch(watch, advance)

    def _watch_memory(self, cgroups: tuple[str, ...]) -> None:
        from dinp.edges.memory_watch import MemoryWatch

        try:
            memory = MemoryWatch(cgroups)
        except OSError as error:
            # Only a sentence is lost by it: kernels with PREEMPT_RT have no notification on cgroup v1.
            self._host.log.say(f"will not be told when memory is used up: {error}", tenant=self._tenant.name)
            return
        self._cleanup.callback(memory.close)
        self._cleanup.callback(self._host.loop.unwatch, memory.fileno())

        def look() -> None:
            seen = memory.look()
            if seen is not None:
                problem = explain_out_of_memory(
                    self._tenant.name, seen.limit, seen.largest, asked=self._host.spec.limits.memory
                )
                self._out_of_memory = problem
                self._host.log.say(f"{problem} (dinp explain {problem.code})", tenant=self._tenant.name, level="error")
                self._host.last_sentences.happened(problem)

        self._host.loop.watch(memory, look)

    def _read_log(self) -> None:
        lines, ended = self._log.read()
        self._kept.append([line.text for line in lines])
        for line in lines:
            self._host.log.engine(self._tenant.name, self._host.spec.kind.value, line.level, line.text)
        if ended:
            self._host.loop.unwatch(self._log.fileno())

    def _ended(self) -> None:
        engine = self._engine
        if engine is None:
            return
        # As long as its first process is not reaped, nobody else can have its number, and so its session.
        status = os.waitid(os.P_PIDFD, engine.pidfd, os.WEXITED | os.WNOWAIT)
        end_session(engine.pid, self._host.store.run_directory(self._tenant.name))
        os.waitid(os.P_PIDFD, engine.pidfd, os.WEXITED)
        self._read_log()
        words = "\n".join(self._log.dying or self._log.recent)
        self._engine = None
        self._cleanup.close()
        exited = status is not None and status.si_code == os.CLD_EXITED
        number = status.si_status if status is not None else 0
        signalled = number if not exited else number - _SIGNALLED
        how = f"exit code {number}" if exited and signalled <= 0 else f"signal {signalled}"
        problem = explain_exit(self._tenant.name, how, words)
        if self._out_of_memory is not None and signalled == signal.SIGKILL:
            problem = self._out_of_memory
        self._exited(self._ended_for or problem, exited and signalled <= 0, self._ended_for is not None)


def _remove_door(door: Listener, directory: Path) -> None:
    door.close()
    (directory / "docker.sock").unlink(missing_ok=True)
