"""What stands for dockerd and its containers: starts the port helper as dockerd does, in the engine's namespaces."""

import os
import select
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from dinp.edges.network import nft, port_helper
from dinp.edges.network.firewall import Firewall
from dinp.edges.network.port_server import PortServer
from tests.edges.network.conftest import Engine, Host

HELPER = str(Path(port_helper.__file__))
CONTAINER, CONTAINER6 = "172.17.0.2", "fd17::2"


class Docker:
    """One engine with its published ports; the agent's side is a process, as it is in life."""

    def __init__(self, engine: Engine, containers: Host, firewall: Firewall, folder: Path) -> None:
        self.engine, self.containers = engine, containers
        self.log = folder / f"{engine.link.plan.host_name}.log"
        self.socket = folder / f"{engine.link.plan.host_name}.sock"
        self.helpers: list[subprocess.Popen[bytes]] = []
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(self.socket))
            listener.listen()
            self.log.touch()
            stop, self._stop = os.pipe()
            self._agent = os.fork()
            if self._agent == 0:
                os.close(self._stop)
                self._serve(listener, firewall, stop)
            os.close(stop)
        self.until(lambda log: "serving" in log)

    def _serve(self, listener: socket.socket, firewall: Firewall, stop: int) -> None:
        code = 1
        try:
            with self.log.open("w") as log:

                def say(sentence: str) -> None:
                    log.write(sentence + "\n")
                    log.flush()

                server = PortServer(listener, self.engine.link, firewall, say)
                say("serving")
                while True:
                    readable, _, _ = select.select([server, stop], [], [])
                    if stop in readable:
                        break
                    server.ready()
                server.close()
            code = 0
        finally:
            os._exit(code)

    def publish(self, host: str, port: int, inner_port: int, transport: str = "tcp", container: str = CONTAINER) -> str:
        """What dockerd reads from descriptor 3; the helper lives on."""
        ours, theirs = os.pipe()
        arguments = f"-proto {transport} -host-ip {host} -host-port {port} -container-ip {container}".split()
        arguments += ["-container-port", str(inner_port)]
        shell = f'exec {sys.executable} -I -S {HELPER} "$@" 3>&{theirs} {theirs}>&-'
        argv = ["nsenter", "-t", str(self.engine.host.pid), "--user", "--net", "bash", "-c", shell, "proxy", *arguments]
        environment = {"DINP_PORTS_SOCKET": str(self.socket), "PATH": os.environ["PATH"]}
        self.helpers.append(subprocess.Popen(argv, pass_fds=[theirs], env=environment))
        os.close(theirs)
        with open(ours, "rb") as answer:
            return answer.read().decode()

    def stop_container(self, number: int = -1) -> None:
        """dockerd interrupts the helper; the agent has taken the port back when this returns."""
        helper = self.helpers.pop(number)
        helper.send_signal(2)
        helper.wait()
        self.until(lambda log: log.count("took back") > self._taken_back)
        self._taken_back += 1

    _taken_back = 0

    def until(self, seen: Callable[[str], bool]) -> None:
        """Wait for a line of the agent's."""
        watch = subprocess.Popen(
            ["tail", "-n", "+1", "-f", str(self.log), f"--pid={self._agent}"], stdout=subprocess.PIPE, text=True
        )
        assert watch.stdout is not None
        log = ""
        with watch.stdout:
            for line in watch.stdout:
                log += line
                if seen(log):
                    break
        watch.kill()
        watch.wait()

    def close(self) -> None:
        os.close(self._stop)
        _, status = os.waitpid(self._agent, 0)
        for helper in self.helpers:
            helper.kill()
            helper.wait()
        assert status == 0


def container(engine: Engine, hosts: Callable[..., Host]) -> Host:
    """A container behind the engine's own network, masqueraded as dockerd does it."""
    host = hosts()
    inner = engine.host
    inner.ip("link", "add", "docker0", "type", "veth", "peer", "name", "eth0", "netns", str(host.pid))
    for one, last in ((inner, 1), (host, 2)):
        device = "docker0" if one is inner else "eth0"
        one.ip("address", "add", f"172.17.0.{last}/16", "dev", device)
        one.ip("address", "add", f"fd17::{last}/64", "dev", device, "nodad")
        one.ip("link", "set", device, "up")
        one.ip("link", "set", "lo", "up")
    host.ip("route", "add", "default", "via", "172.17.0.1")
    host.ip("-6", "route", "add", "default", "via", "fd17::1")
    inner.runs("nft", "add table inet docker; add chain inet docker post { type nat hook postrouting priority 100; }")
    inner.runs("nft", 'add rule inet docker post oifname != "docker0" ip saddr 172.17.0.0/16 masquerade')
    return host


def own_rules() -> list[nft.Json]:
    """Everything in the machine's nftables."""
    return nft.listing("ruleset")
