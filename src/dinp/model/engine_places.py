"""Where an engine finds things, as it sees them itself."""

from dinp.model.value import Value


class EnginePlaces(Value):
    """Absolute paths from the engine's point of view.

    Attributes:
        data: its data-root.
        run: sockets, pid files and network namespaces of the engine.
        config: its configuration file.
        home: HOME.
        temporary: TMPDIR.
        door: the directory that it shares with the agent: a socket of its own API, and the port helper's socket.
        port_helper: the program that dockerd starts for each published port.
    """

    data: str
    run: str
    config: str
    home: str
    temporary: str
    door: str
    port_helper: str | None


class TenantDirectories(Value):
    """Absolute paths of one tenant's directories, from the agent's point of view.

    Attributes:
        data: the data-root; belongs to the engine's root.
        run: run-time files of an engine that sees the agent's tree; empty otherwise.
        door: see EnginePlaces.door.
        staging: where the engine's tree is mounted, in its own mount namespace.
        socket: the tenant's own endpoint, to which a link is made in the engine's tree.
    """

    data: str
    run: str
    door: str
    staging: str
    socket: str
