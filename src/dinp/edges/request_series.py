"""Requests to an engine, one after the other on connections of their own, with a bound on the time for all of them."""

import socket
from collections import deque
from collections.abc import Callable, Iterable

from dinp.edges.builder_request import BuilderRequest
from dinp.edges.engine_request import EngineRequest
from dinp.edges.event_loop import EventLoop
from dinp.model.engine_command import Request, Wire

_SPEAKS: dict[Wire, type[EngineRequest] | type[BuilderRequest]] = {
    Wire.HTTP: EngineRequest,
    Wire.GRPC: BuilderRequest,
}


class RequestSeries:
    """Under way from the start; nothing of it ever waits outside of the loop."""

    def __init__(
        self,
        loop: EventLoop,
        wire: Wire,
        connect: Callable[[], socket.socket],
        requests: Iterable[Request],
        within: float,
        finished: Callable[[str], None],
    ) -> None:
        """Begin with the first of the requests.

        Args:
            loop: sees to the answers and to the time.
            wire: what the engine speaks.
            connect: a fresh, non-blocking connection to it.
            requests: at least one.
            within: seconds for all of them together.
            finished: called once, by the loop: with nothing, or with why not everything was done.

        Raises:
            OSError: the engine cannot be asked; `finished` is not called then.
        """
        self._loop = loop
        self._speak = _SPEAKS[wire]
        self._connect = connect
        self._left = deque(requests)
        self._finished = finished
        self._failure = ""
        self._asking = self._ask()
        loop.set_alarm(self, loop.now() + within, lambda: self._finish(f"no answer within {within:g} s"))

    def close(self) -> None:
        """Give up; `finished` is not called any more."""
        self._loop.stop_alarm(self)
        self._drop()

    def _ask(self) -> EngineRequest | BuilderRequest:
        engine = self._connect()
        try:
            asking = self._speak(engine, self._left[0])
        except OSError:
            engine.close()
            raise
        self._loop.watch(asking, self._advance)
        return asking

    def _advance(self) -> None:
        ended = self._asking.advance()
        if ended is None:
            return
        target = self._left.popleft().target
        self._failure = f"{target}: {ended}" if ended else self._failure
        self._left.extendleft(reversed(self._asking.more))
        self._drop()
        if not self._left:
            self._finish(self._failure)
            return
        try:
            self._asking = self._ask()
        except OSError as error:
            self._finish(str(error))

    def _drop(self) -> None:
        if self._asking.fileno() >= 0:
            self._loop.unwatch(self._asking)
            self._asking.close()

    def _finish(self, failure: str) -> None:
        self.close()
        self._finished(failure)
