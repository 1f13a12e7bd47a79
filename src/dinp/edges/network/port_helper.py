r"""What dockerd starts, in the tenant's namespaces, for each published address: asks the agent for it and holds it.

It is only a messenger. dockerd passes the arguments of docker-proxy and waits on descriptor 3 for `0\n`, or for `1\n`
and a sentence for the user (moby: daemon/libnetwork/portmapper/proxy_linux.go). The arguments go to the agent,
separated by NUL and ended by a newline; its answer is what dockerd wants to read. The open connection is the claim on
the port: when dockerd kills the holder, the agent takes the port back.

Nothing of dinp is imported, and neither are `socket` and `json`, which together triple the start of the interpreter.
"""

import _socket
import os
import sys

SOCKET_PATH = "/run/dinp/ports.sock"
DOCKERD = 3
HOLDER = "/bin/sleep"


def ask(arguments: list[str]) -> tuple[_socket.socket, bytes]:
    """The connection to the agent and its answer. Raises OSError when there is no agent."""
    agent = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    agent.connect(os.environ.get("DINP_PORTS_SOCKET", SOCKET_PATH))
    agent.sendall("\0".join(arguments).encode() + b"\n")
    answer = b""
    while answer != b"0\n":
        more = agent.recv(4096)
        if not more:
            break
        answer += more
    return agent, answer or b"1\nThe dinp agent ended before it answered for the port.\n"


def main() -> None:
    """Ask, tell dockerd, and hold the port until killed."""
    try:
        agent, answer = ask(sys.argv[1:])
    except OSError as error:
        os.write(DOCKERD, f"1\nNo dinp agent to publish the port: {error}\n".encode())
        return
    os.write(DOCKERD, answer)
    os.close(DOCKERD)
    if answer == b"0\n":
        # A sleeping interpreter would hold 9 MB for as long as the container runs; this holds less than one.
        os.set_inheritable(agent.fileno(), True)
        os.execv(HOLDER, [sys.argv[0], "infinity"])


if __name__ == "__main__":
    main()
