"""A host beside the machine, as a registry or a mirror is: a network namespace of its own, with links to others."""

import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from pyroute2 import IPRoute

from dinp.edges.linux_syscalls import CLONE_NEWNET, setns

_NETWORK = "198.18.{number}.{host}"
"""Of the range for benchmarks (RFC 2544)."""

Result = TypeVar("Result")


class Lan:
    """The host, as long as its block lasts; all links end with it."""

    def __init__(self, pid: int) -> None:
        self._namespace = f"/proc/{pid}/ns/net"
        self._pid = pid
        self._links = 0

    def link(self, pid: int | None) -> str:
        """Link another namespace to it.

        Args:
            pid: a process in that namespace, which gets its default route; None for the caller's, which keeps its own.

        Returns:
            The host's address as seen from there.
        """
        self._links += 1
        near, far = f"bench{self._links}", f"lan{self._links}"
        here, there = (_NETWORK.format(number=self._links, host=host) for host in (2, 1))
        with IPRoute() as route:
            route.link("add", ifname=near, kind="veth", peer={"ifname": far, "net_ns_pid": self._pid})
            if pid is not None:
                route.link("set", ifname=near, net_ns_pid=pid)
        _in(self._namespace, lambda: _up(far, there))
        if pid is None:
            _up(near, here)
        else:
            _in(f"/proc/{pid}/ns/net", lambda: _up(near, here, gateway=there))
        return there

    def listener(self) -> socket.socket:
        """A listening TCP socket of the host, the caller's to close."""
        return listener_in(self._namespace)


def listener_in(namespace: str) -> socket.socket:
    """A listening TCP socket in another network namespace, given by its path below /proc."""
    return _in(namespace, lambda: socket.create_server(("0.0.0.0", 0)))


@contextmanager
def lan() -> Iterator[Lan]:
    """A host that nobody is linked to yet."""
    # What it answers is the sign that it is in its namespace.
    argv = ["unshare", "--net", "--kill-child", "cat"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as keeper:
        assert keeper.stdin is not None
        assert keeper.stdout is not None
        keeper.stdin.write(b"\n")
        keeper.stdout.read(1)
        try:
            yield Lan(keeper.pid)
        finally:
            keeper.stdin.close()


def _up(name: str, address: str, gateway: str | None = None) -> None:
    with IPRoute() as route:
        (index,) = route.link_lookup(ifname=name)
        route.addr("add", index=index, address=address, prefixlen=24)
        route.link("set", index=index, state="up")
        if gateway is not None:
            route.route("add", dst="default", gateway=gateway)


def _in(namespace: str, action: Callable[[], Result]) -> Result:
    """Do something in another network namespace, by a thread that is gone afterwards."""
    with ThreadPoolExecutor(1, initializer=_enter, initargs=(namespace,)) as thread:
        return thread.submit(action).result()


def _enter(namespace: str) -> None:
    descriptor = os.open(namespace, os.O_RDONLY)
    try:
        setns(descriptor, CLONE_NEWNET)
    finally:
        os.close(descriptor)
