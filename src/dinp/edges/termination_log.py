"""What a pod's status says about its agent when that has ended: kubelet takes it from a file in the container.

https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/
"""

from contextlib import suppress
from pathlib import Path

from dinp.model.problem import Problem

_FILE = Path("/dev/termination-log")
"""The default of `terminationMessagePath`; kubelet mounts it, so that elsewhere there is none."""
_LONGEST = 4096
"""Bytes of which kubelet takes note."""


class TerminationLog:
    """Keeps the sentences that matter in that file, the latest first."""

    def __init__(self, file: Path = _FILE) -> None:
        """Nothing is written where kubelet has not put the file."""
        self._file = file
        self._lasting: list[str] = []
        self._refusals: dict[str, str] = {}

    def happened(self, problem: Problem) -> None:
        """Something that the pod's end will not undo, such as a process that was killed."""
        self._lasting = [line for line in self._lasting if line != _line(problem)]
        self._lasting.insert(0, _line(problem))
        self._write()

    def stands(self, tenant: str, problem: Problem | None) -> None:
        """Why a tenant's clients are refused now; None when they are served."""
        before = self._refusals.pop(tenant, None)
        if problem is not None:
            self._refusals[tenant] = _line(problem)
        if before != self._refusals.get(tenant):
            self._write()

    def _write(self) -> None:
        if self._file.exists():
            text = "\n".join([*self._refusals.values(), *self._lasting])
            # A last sentence that cannot be left is no reason to fail.
            with suppress(OSError):
                self._file.write_bytes(text.encode()[:_LONGEST])


def _line(problem: Problem) -> str:
    return f"dinp: {problem} (dinp explain {problem.code})"
