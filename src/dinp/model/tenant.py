"""A tenant: whoever has an engine of its own."""

from dinp.model.endpoint import TcpEndpoint, UnixEndpoint
from dinp.model.value import Value


class Workspace(Value):
    """A directory that the engine sees at the same path, with the client's owners.

    Attributes:
        path: absolute path, the same on both sides.
        read_only: whether the engine may only read it.
        by_chance: whether nobody asked for it: the directory in which a command happens to be run. The engine sees it
            as well as it can be shown.
    """

    path: str
    read_only: bool = False
    by_chance: bool = False


class Tenant(Value):
    """One tenant of an agent.

    Attributes:
        name: lower-case letters, digits and dashes, at most 40; names its directory, cgroup and log lines.
        socket: where its clients connect.
        tcp: a second door, or None.
        workspaces: directories that its engine may bind into containers.
        only_workspaces: whether its engine sees nothing else of the agent's files than what it runs from, also with the
            isolations rootless and rootful: its clients have a file system of their own.
    """

    name: str
    socket: UnixEndpoint
    tcp: TcpEndpoint | None = None
    workspaces: tuple[Workspace, ...] = ()
    only_workspaces: bool = False
