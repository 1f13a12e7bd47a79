"""The user's command as a child: it gets the terminal, the signals and, at the end, the last word on the exit code.

Alone on a terminal it runs as the foreground process group, as a shell would start it (tcsetpgrp(3)): Ctrl-C and
Ctrl-Z are its own, and when it is stopped, so are we, so that the shell above sees one job. In a pipeline
(`dinp run … | less`) the terminal belongs to others as well: there it stays in the group that the shell made for all of
them, every one of which gets the terminal's signals from the terminal.
"""

import contextlib
import os
import signal
from collections.abc import Mapping, Sequence

from dinp.edges.interruption import minded
from dinp.edges.linux_syscalls import PR_SET_PDEATHSIG, prctl
from dinp.edges.process_events import wait_for_exit
from dinp.model.problem import BadInputError, Problem

FORWARDED = (
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGWINCH,
)
"""Signals that mean the command, not us."""

_OF_THE_TERMINAL = frozenset({signal.SIGINT, signal.SIGQUIT, signal.SIGWINCH})
"""Signals that a terminal sends to its whole foreground group (termios(3), tty_ioctl(4))."""

_NOT_FOUND = 127
_END_WITHIN = 5.0
"""Seconds for a command to end after SIGTERM when we cannot go on."""


class ChildCommand:
    """A running command.

    Attributes:
        pid: its process.
        pidfd: readable when it has ended.
        code: its exit code, or 128 and the signal's number; None while it runs.
    """

    def __init__(self, argv: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start it.

        Raises:
            BadInputError: it cannot be executed.
        """
        self.code: int | None = None
        terminal = _foreground_terminal()
        self._shares_terminal = terminal is not None and _has_company()
        self._terminal = None if self._shares_terminal else terminal
        starter = os.getpid()
        told, tell = os.pipe2(os.O_CLOEXEC)
        self.pid = os.fork()
        if self.pid == 0:
            self._become(argv, environment, tell, starter)
        os.close(tell)
        with os.fdopen(told, "rb") as failure:
            number = failure.read()
        self.pidfd = os.pidfd_open(self.pid)
        if number:
            os.waitpid(self.pid, 0)
            os.close(self.pidfd)
            self._take_terminal_back()
            reason = os.strerror(int(number))
            raise BadInputError(
                Problem(
                    "command-not-started",
                    f"The command {argv[0]!r} cannot be started: {reason}.",
                    "Give a program that is in PATH, or its path, behind `--`.",
                )
            )

    def _become(self, argv: Sequence[str], environment: Mapping[str, str], tell: int, starter: int) -> None:
        try:
            signal.set_wakeup_fd(-1)
            # Whoever kills dinp with SIGKILL means the command as well: without dinp it has no engine.
            prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != starter:
                os._exit(_NOT_FOUND)
            if self._terminal is not None:
                os.setpgid(0, 0)
                signal.signal(signal.SIGTTOU, signal.SIG_IGN)
                os.tcsetpgrp(self._terminal, os.getpid())
            own = (signal.SIGTTOU, signal.SIGPIPE, signal.SIGXFSZ, signal.SIGCHLD, signal.SIGTSTP)
            for number in (*minded(FORWARDED), *own):
                signal.signal(number, signal.SIG_DFL)
            os.execvpe(argv[0], list(argv), environment)
        except OSError as error:
            os.write(tell, str(error.errno or 0).encode())
        finally:
            os._exit(_NOT_FOUND)

    def fileno(self) -> int:
        """For selectors."""
        return self.pidfd

    def forward(self, number: int) -> None:
        """Hand a signal on, unless the command has it already or is gone."""
        if self.code is None and not (self._shares_terminal and number in _OF_THE_TERMINAL):
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.pidfd, number)

    def follow(self) -> None:
        """Look at what became of it (after SIGCHLD, or when the pidfd is readable); see `code`.

        When it was stopped from the terminal, this process stops as well, and goes on when it is continued.
        """
        while self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG | (0 if self._shares_terminal else os.WUNTRACED))
            if pid == 0:
                return
            if os.WIFSTOPPED(status):
                self._stop_together()
                continue
            self.code = os.waitstatus_to_exitcode(status)
            if self.code < 0:
                self.code = 128 - self.code
            self._take_terminal_back()

    def close(self) -> None:
        """Let go of a command that has ended; end it, when it has not."""
        if self.code is None:
            self.forward(signal.SIGTERM)
            self.forward(signal.SIGCONT)
            if not wait_for_exit(self.pid, within=_END_WITHIN):
                wait_for_exit(self.pid, kill=True)
            self._take_terminal_back()
        os.close(self.pidfd)

    def _stop_together(self) -> None:
        self._take_terminal_back()
        os.kill(os.getpid(), signal.SIGSTOP)
        if self._terminal is not None:
            _give_terminal(self._terminal, self.pid)
        os.killpg(os.getpgid(self.pid), signal.SIGCONT)

    def _take_terminal_back(self) -> None:
        if self._terminal is not None:
            _give_terminal(self._terminal, os.getpgrp())


def _foreground_terminal() -> int | None:
    """The descriptor of the terminal, when this process is in its foreground."""
    for descriptor in (0, 2):
        with contextlib.suppress(OSError):
            if os.isatty(descriptor) and os.tcgetpgrp(descriptor) == os.getpgrp():
                return descriptor
    return None


def _has_company() -> bool:
    """Whether others share this process's group and its terminal: a pipeline, or a script that started us."""
    return os.getpgrp() != os.getpid() or not (os.isatty(1) and os.isatty(2))


def _give_terminal(descriptor: int, group: int) -> None:
    """Make a group the terminal's foreground; a background process would be stopped for asking (SIGTTOU)."""
    before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    try:
        with contextlib.suppress(OSError):
            os.tcsetpgrp(descriptor, group)
    finally:
        signal.signal(signal.SIGTTOU, before)
