"""What podman starts as its `netavark`, in the tenant's namespaces: the real one, and the agent's word on ports.

    network-helper NETAVARK [OPTION …] setup|teardown|… NAMESPACE

Podman sets up a container's network by one call of netavark with the wish on standard input, and waits for it
(github.com/containers/common, libnetwork/netavark, 4.3 to 5). So a port is published when `podman run -p` goes on, and
one that cannot be had is an error there. As for dockerd (port_helper.py), open connections are the claims; here one
process holds all those of a container, until the teardown of its network ends it.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

PORTS_SOCKET = "/run/dinp/ports.sock"
HOLDERS = "/run/libpod/dinp-ports"
HOLDER = "/bin/sleep"


def main() -> int:
    """Do what netavark was to do, and see to the ports of the container."""
    netavark, *words = sys.argv[1:]
    if not {"setup", "teardown"}.intersection(words):
        os.execv(netavark, [netavark, *words])
    given = sys.stdin.buffer.read()
    wish = json.loads(given)
    holder = f"{HOLDERS}/{wish['container_id']}"
    if "teardown" in words:
        end(holder)
    done = subprocess.run([netavark, *words], input=given, stdout=subprocess.PIPE, check=False)
    if done.returncode == 0 and "setup" in words and not os.path.exists(holder):
        refused = publish(wish, json.loads(done.stdout), holder)
        if refused:
            back = ["teardown" if word == "setup" else word for word in words]
            subprocess.run([netavark, *back], input=given, stdout=subprocess.DEVNULL, check=False)
            sys.stdout.write(json.dumps({"error": refused}))
            return 1
    sys.stdout.buffer.write(done.stdout)
    return done.returncode


def publish(wish: Mapping[str, Any], networks: Mapping[str, Any], holder: str) -> str:
    """Ask the agent for every port and leave a process that holds them; what was refused, empty when nothing was."""
    address = next(addresses(networks), "")
    claims: list[socket.socket] = []
    for words in requests(wish, address) if address else ():
        claim, answer = ask(words)
        claims.append(claim)
        if answer != b"0\n":
            return answer.decode(errors="replace").removeprefix("1\n").strip() or "the dinp agent ended"
    if claims:
        hold(claims, holder)
    return ""


def addresses(networks: Mapping[str, Any]) -> Iterator[str]:
    """The container's own addresses, IPv4 before IPv6, from netavark's answer."""
    found = [
        subnet["ipnet"].partition("/")[0]
        for network in networks.values()
        for interface in network.get("interfaces", {}).values()
        for subnet in interface.get("subnets") or ()
    ]
    return iter(sorted(found, key=lambda address: ":" in address))


def requests(wish: Mapping[str, Any], address: str) -> Iterator[list[str]]:
    """docker-proxy's arguments for each port on each address, all addresses when none is named, as dockerd does it."""
    for mapping in wish.get("port_mappings") or ():
        for host in (mapping["host_ip"],) if mapping.get("host_ip") else ("0.0.0.0", "::"):
            for protocol in mapping["protocol"].split(","):
                for step in range(mapping.get("range") or 1):
                    yield [
                        "-proto", protocol, "-host-ip", host, "-host-port", str(mapping["host_port"] + step),
                        "-container-ip", address, "-container-port", str(mapping["container_port"] + step),
                    ]  # fmt: skip


def ask(words: list[str]) -> tuple[socket.socket, bytes]:
    """The connection to the agent and its answer."""
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    claim.connect(os.environ.get("DINP_PORTS_SOCKET", PORTS_SOCKET))
    claim.sendall("\0".join(words).encode() + b"\n")
    answer = b""
    while answer != b"0\n":
        more = claim.recv(4096)
        if not more:
            break
        answer += more
    return claim, answer


def hold(claims: list[socket.socket], holder: str) -> None:
    """Leave the connections to a process of their own, whose id stands in `holder`."""
    os.makedirs(HOLDERS, exist_ok=True)
    for claim in claims:
        claim.set_inheritable(True)
    # Nothing of podman's descriptors goes along: it waits for the end of our output.
    quiet = subprocess.DEVNULL
    sleeping = subprocess.Popen(
        [HOLDER, "infinity"], stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True,
        pass_fds=[claim.fileno() for claim in claims],
    )  # fmt: skip
    with open(holder, "w", encoding="ascii") as file:
        file.write(str(sleeping.pid))


def end(holder: str) -> None:
    """End the process that holds a container's ports, if there is one."""
    try:
        with open(holder, encoding="ascii") as file:
            pid = int(file.read())
        os.unlink(holder)
        os.kill(pid, signal.SIGKILL)
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return


if __name__ == "__main__":
    raise SystemExit(main())
