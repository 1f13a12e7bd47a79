"""A machine of the test's own: network namespaces for 'the machine', a host on its LAN, and engines."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dinp.edges.network import links, namespace, sysctl
from dinp.edges.network.firewall import Firewall
from dinp.model.link_plan import LinkPlan

SERVER = Path(__file__).with_name("server.py")
INSTANCE = "t3st"


@dataclass
class Host:
    """A network namespace, kept by a process that does nothing else; `user` gives it a user namespace too."""

    process: subprocess.Popen[bytes]
    network: int
    servers: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def pid(self) -> int:
        return self.process.pid

    def does(self, action: Callable[[], str]) -> str:
        return namespace.inside(self.network, action)

    def ip(self, *arguments: str) -> None:
        self.runs("ip", *arguments)

    def runs(self, *argv: str) -> str:
        done = subprocess.run(["nsenter", f"--net=/proc/{self.pid}/ns/net", *argv], capture_output=True, text=True)
        assert done.returncode == 0, (argv, done.stderr)
        return done.stdout

    def serves(self, transport: str, address: str, port: int, words: str, device: str = "") -> None:
        """A server that answers `words` and who asked; with `device` only what comes by that interface."""
        argv = ["nsenter", f"--net=/proc/{self.pid}/ns/net", sys.executable, "-I", "-S", str(SERVER)]
        server = subprocess.Popen(
            [*argv, transport, address, str(port), words, device], stdout=subprocess.PIPE, text=True
        )
        self.servers.append(server)
        assert server.stdout is not None
        assert server.stdout.readline() == "ready\n"

    def close(self) -> None:
        for process in [*self.servers, self.process]:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
        os.close(self.network)


def new_host(*unshare: str) -> Host:
    argv = ["unshare", "--net", *unshare, sys.executable, "-I", "-S", "-c"]
    keeper = "import sys, signal; print('up', flush=True); signal.pause()"
    process = subprocess.Popen([*argv, keeper], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    return Host(process, namespace.open_network(process.pid))


@pytest.fixture
def hosts() -> Iterator[Callable[..., Host]]:
    """Makes namespaces; all of them are gone after the test."""
    made: list[Host] = []

    def make(*unshare: str) -> Host:
        made.append(new_host(*unshare))
        return made[-1]

    yield make
    for host in made:
        host.close()


@pytest.fixture
def machine(hosts: Callable[..., Host]) -> Iterator[Host]:
    """This very process is in it while the test runs."""
    ours = namespace.open_network(os.getpid())
    host = hosts()
    host.ip("link", "set", "lo", "up")
    namespace.enter(host.network)
    # A new namespace takes its IPv4 settings from the real machine, where an engine may be running now.
    sysctl.write("ipv4/ip_forward", "0")
    try:
        yield host
    finally:
        namespace.enter(ours)
        os.close(ours)


@pytest.fixture
def lan(machine: Host, hosts: Callable[..., Host]) -> Host:
    """A host next to the machine: 192.0.2.1 and 2001:db8::1 (the machine is .2 and ::2), and no way to the engines."""
    host = hosts()
    machine.ip("link", "add", "up0", "type", "veth", "peer", "name", "up0", "netns", str(host.pid))
    for one, last in ((machine, 2), (host, 1)):
        one.ip("address", "add", f"192.0.2.{last}/24", "dev", "up0")
        one.ip("address", "add", f"2001:db8::{last}/64", "dev", "up0", "nodad")
        one.ip("link", "set", "lo", "up")
        one.ip("link", "set", "up0", "up")
    machine.ip("route", "add", "default", "via", "192.0.2.1")
    machine.ip("-6", "route", "add", "default", "via", "2001:db8::1")
    return host


def plan(number: int = 0, nameserver: str | None = None, mtu: int = 1500) -> LinkPlan:
    return LinkPlan(
        host_name=f"dinp{INSTANCE}-{number}",
        engine_name="eth0",
        host_address=f"10.213.0.{4 * number + 1}",
        engine_address=f"10.213.0.{4 * number + 2}",
        prefix=30,
        host_address6=f"fd64:1:{number}::1",
        engine_address6=f"fd64:1:{number}::2",
        prefix6=64,
        mtu=mtu,
        port_range=(40000 + 256 * number, 40255 + 256 * number),
        nameserver=nameserver,
    )


@dataclass
class Engine:
    host: Host
    link: links.Link


@pytest.fixture
def firewall() -> Firewall:
    return Firewall(INSTANCE)


@pytest.fixture
def engines(
    request: pytest.FixtureRequest, hosts: Callable[..., Host], firewall: Firewall
) -> Iterator[Callable[..., Engine]]:
    """Makes engines' namespaces (in user namespaces of their own, as `userns` does) that are linked and admitted."""
    request.getfixturevalue("machine")
    with contextlib.ExitStack() as stack:

        def make(number: int = 0, nameserver: str | None = None, mtu: int = 1500) -> Engine:
            host = hosts("--user", "--map-root-user")
            link = links.attach(plan(number, nameserver, mtu), host.pid)
            stack.callback(os.close, link.network)
            stack.callback(firewall.dismiss, link.plan)
            stack.callback(links.detach, link.plan)
            firewall.admit(link)
            return Engine(host, link)

        yield make
