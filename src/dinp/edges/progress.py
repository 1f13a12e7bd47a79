"""Progress of a start for a person: each step with the time that it took, on standard error."""

import contextlib
import sys
import time


class Progress:
    """Tells steps, one line each, so that a command's own output is never overwritten. Never fails.

    On a terminal somebody waits and wants to know for what: a step is told when it begins, with the time that the one
    before it took. Elsewhere each is told when it is over.
    """

    def __init__(self, *, silent: bool = False) -> None:
        """With `silent`, nothing is told."""
        self._silent = silent
        self._watched = sys.stderr.isatty()
        self._current = ""
        self._began = 0.0

    def step(self, text: str) -> None:
        """The current step is over, the next begins; an empty text begins none."""
        now = time.monotonic()
        took = f"{now - self._began:.2f} s" if self._current else ""
        if self._watched and (took or text):
            self._tell(f"{took + (', ' if text else '') if took else ''}{text + ' …' if text else ''}")
        elif took:
            self._tell(f"{self._current} … {took}")
        self._current, self._began = text, now

    def note(self, text: str) -> None:
        """Something worth knowing between steps."""
        self._tell(text)

    def done(self) -> None:
        """The last step is over."""
        self.step("")

    def _tell(self, text: str) -> None:
        if not self._silent:
            with contextlib.suppress(OSError):  # nobody reads it any more, or the disk is full: the work goes on
                sys.stderr.write(f"dinp: {text}\n")
                sys.stderr.flush()
