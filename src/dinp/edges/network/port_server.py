"""The agent's side of published ports: takes the requests of one engine's helpers, and takes ports back when they go.

Everything hangs on one epoll descriptor, so that the agent's loop watches one descriptor per engine. So do the events
of the machine's firewall, which matter exactly as long as there is an engine.
"""

import contextlib
import select
import socket
from collections.abc import Callable
from functools import partial

from dinp.edges.network import port_request
from dinp.edges.network.engine_ports import EnginePorts
from dinp.edges.network.firewall import Firewall
from dinp.edges.network.forwarder import Forwarder
from dinp.edges.network.links import Link
from dinp.edges.network.port_request import BadPortRequestError
from dinp.edges.network.publication import Publication
from dinp.edges.network.reservation import PortRefusedError, PortTakenError, relay_sockets
from dinp.model.link_plan import Transport
from dinp.model.problem import DinpError

MOST_PORTS = 1024
"""Of one engine at a time, counting connections that have not asked yet: a tenant can open any number."""

MOST_FORWARDER_STARTS = 3
"""A forwarder that keeps ending is not started again for the same publication."""

RESOLVER_PORT = 53

PUBLISHED = b"0\n"


class PortServer:
    """The published ports of one engine."""

    def __init__(self, listener: socket.socket, link: Link, firewall: Firewall, say: Callable[[str], None]) -> None:
        """Serve the helpers that come to `listener`, a listening unix socket which the caller closes.

        Args:
            listener: in the engine's tree at port_helper.SOCKET_PATH, accessible to the engine's root only.
            link: the engine's link, admitted to the firewall.
            firewall: the agent's.
            say: told each port that is published, refused or taken back, in a sentence.
        """
        self._listener = listener
        listener.setblocking(False)
        self._link, self._firewall, self._say = link, firewall, say
        self._inner = EnginePorts(link.network, link.plan.engine_name)
        self._epoll = select.epoll()
        self._callers: dict[int, _Caller] = {}
        self._others: dict[int, Callable[[], None]] = {}
        self._epoll.register(listener, select.EPOLLIN)
        self._others[firewall.rules_changed_fd()] = self._reassert
        self._epoll.register(firewall.rules_changed_fd(), select.EPOLLIN)
        self._relays: list[Forwarder] = []
        self._resolvers = relay_sockets(link)
        for transport, held in self._resolvers:
            self._others[held.fileno()] = partial(self._relay, transport, held)
            self._epoll.register(held, select.EPOLLIN)

    def fileno(self) -> int:
        """Readable when `ready` has something to do."""
        return self._epoll.fileno()

    def ready(self) -> None:
        """Do one thing that is waiting; a tenant that floods us gets one turn of the agent's loop like any other."""
        for number, _ in self._epoll.poll(0, 1):
            if number == self._listener.fileno():
                self._accept()
            elif number in self._callers:
                self._hear(self._callers[number])
            elif number in self._others:
                self._others[number]()

    def published(self) -> int:
        """How many ports are published now."""
        return sum(1 for caller in self._callers.values() if caller.publication is not None)

    def close(self) -> None:
        """Take every port back and let go of the engine. Raises WorldRefusedError, OSError."""
        with contextlib.ExitStack() as parting:
            parting.callback(self._release)
            callers = list(self._callers.values())
            self._firewall.withdraw(caller.publication.request.port for caller in callers if caller.publication)
            for caller in callers:
                if caller.publication is not None:
                    caller.publication.end()
                    caller.publication = None
                self._part(caller)

    def _release(self) -> None:
        for relay in self._relays:
            relay.close()
        for _, held in self._resolvers:
            held.close()
        self._epoll.close()
        self._inner.close()

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:  # it went away in the queue
            return
        if len(self._callers) >= MOST_PORTS:
            self._say(f"refused a published port: the engine already has {MOST_PORTS}")
            with contextlib.suppress(OSError):
                connection.send(b"1\ntoo many published ports: an engine of dinp can have %d\n" % MOST_PORTS)
            connection.close()
            return
        connection.setblocking(False)
        self._callers[connection.fileno()] = _Caller(connection)
        self._epoll.register(connection, select.EPOLLIN)

    def _hear(self, caller: "_Caller") -> None:
        try:
            data = caller.connection.recv(port_request.MOST_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        caller.said += data
        if not data or caller.publication is not None or len(caller.said) > port_request.MOST_BYTES:
            self._part(caller)  # it ended, or talks on where nothing is left to say
        elif b"\n" in caller.said:
            answer = self._answer(caller)
            with contextlib.suppress(OSError):
                caller.connection.send(answer)
            if answer != PUBLISHED:
                self._part(caller)

    def _answer(self, caller: "_Caller") -> bytes:
        try:
            request = port_request.parse(caller.said.partition(b"\n")[0])
            caller.publication = Publication(request, self._link.plan, self._firewall, self._inner)
        except (BadPortRequestError, PortTakenError, PortRefusedError, DinpError, OSError) as error:
            self._say(f"refused a published port: {error}")
            return f"1\n{error}\n".encode()
        self._watch(caller)
        served = caller.publication.is_served
        self._say(f"published {caller.publication}{'' if served else ', though nothing translates it to IPv4'}")
        return PUBLISHED

    def _reassert(self) -> None:
        """Somebody changed the machine's rules; of several engines' servers the first that looks does the work."""
        try:
            for sentence in self._firewall.reassert():
                self._say(sentence)
        except (DinpError, OSError) as error:
            self._say(f"the machine's firewall changed, and engines cannot be let through again: {error}")

    def _relay(self, transport: Transport, held: socket.socket) -> None:
        """A first query has come for a resolver that only this machine's own processes reach."""
        self._forget(held.fileno())
        nameserver = self._link.plan.nameserver
        assert nameserver is not None
        try:
            self._relays.append(Forwarder(held, transport, nameserver, RESOLVER_PORT))
        except OSError as error:
            self._say(f"the resolver {nameserver} cannot be relayed: {error}")

    def _watch(self, caller: "_Caller") -> None:
        """Wait for clients that come to the socket itself: no rule led them on, so a forwarder has to."""
        publication = caller.publication
        if publication is None or publication.held is None or not publication.can_forward:
            return
        self._others[publication.held.fileno()] = lambda: self._forward(caller, publication)
        self._epoll.register(publication.held, select.EPOLLIN)

    def _forward(self, caller: "_Caller", publication: Publication) -> None:
        assert publication.held is not None
        self._forget(publication.held.fileno())
        try:
            caller.forwarder = forwarder = publication.forward()
        except OSError as error:
            self._say(f"{publication} cannot be forwarded: {error}")
            return
        caller.starts += 1
        self._say(f"forwarding {publication} by a process: no kernel rule can")
        self._others[forwarder.fileno()] = lambda: self._forwarder_ended(caller)
        self._epoll.register(forwarder, select.EPOLLIN)

    def _forwarder_ended(self, caller: "_Caller") -> None:
        self._stop_forwarder(caller)
        self._say(f"the forwarder of {caller.publication} ended by itself")
        if caller.starts < MOST_FORWARDER_STARTS:
            self._watch(caller)

    def _stop_forwarder(self, caller: "_Caller") -> None:
        if caller.forwarder is not None:
            self._forget(caller.forwarder.fileno())
            caller.forwarder.close()
            caller.forwarder = None

    def _forget(self, number: int) -> None:
        if self._others.pop(number, None) is not None:
            self._epoll.unregister(number)

    def _part(self, caller: "_Caller") -> None:
        """Take back what a caller has, and close it."""
        number = caller.connection.fileno()
        del self._callers[number]
        self._epoll.unregister(number)
        caller.connection.close()
        self._stop_forwarder(caller)
        publication = caller.publication
        if publication is None:
            return
        if publication.held is not None:
            self._forget(publication.held.fileno())
        try:
            publication.withdraw()
            self._say(f"took back {publication}")
        except (DinpError, OSError) as error:
            # The engine's namespace may be gone already, with its half of the rules.
            self._say(f"took back {publication}, though: {error}")


class _Caller:
    """One helper, from its first word to its end."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.said = b""
        self.publication: Publication | None = None
        self.forwarder: Forwarder | None = None
        self.starts = 0
