"""What an engine tells the isolation that is to run it, and the agent that is to wait for it."""

from enum import Enum

from dinp.model.launch_plan import TextFile
from dinp.model.value import Value


class Readiness(Enum):
    """How an engine shows that it serves its sockets."""

    ANSWER = "it answers on a socket of the agent's own, as the Docker API"
    NOTICE = "it sends READY=1 to NOTIFY_SOCKET (sd_notify(3))"


class Wire(Enum):
    """What an engine's clients speak, and so how a refusal has to be told."""

    HTTP = "the Docker API"
    GRPC = "BuildKit's API"


class Request(Value):
    """Something that the agent asks an engine to do, of which only the end matters.

    Attributes:
        target: a path of the engine's API.
        message: with `Wire.GRPC`, the call's message in protobuf's encoding; no body otherwise.
        method: of HTTP.
        removes: a path with `{}` for the number of a container: the answer is a list of containers, and each of them
            that does not run is to be removed.
    """

    target: str
    message: bytes = b""
    method: str = "POST"
    removes: str = ""


class EngineTraits(Value):
    """What is the same for every engine of a kind.

    Attributes:
        readiness: how it shows that it is there.
        wire: what its clients speak.
        prune: removes what can be made again: the build cache, and images without a name.
        prune_left_behind: removes what the end of an engine has left: containers that it took along, with the volumes
            that only they used. Volumes with a name stay: somebody may count on them.
    """

    readiness: Readiness
    wire: Wire
    prune: tuple[Request, ...]
    prune_left_behind: tuple[Request, ...]


STOPPED_CONTAINERS = Request("/containers/json?all=true", method="GET", removes="/containers/{}?v=true")
"""In the place of `/containers/prune` and `/volumes/prune`, which before dockerd 23 and in podman takes volumes with a
name, too."""

NOTICE_SOCKET = "notify.sock"
"""The datagram socket in the directory that an engine shares with its agent (EnginePlaces.door)."""


class EngineCommand(Value):
    """An engine's command line with what belongs to it.

    Attributes:
        argv: its program and arguments; listening sockets come by sd_listen_fds(3).
        env: variables that it needs besides PATH, HOME and TMPDIR.
        files: configuration files, at paths that it sees.
        directories: directories that it writes to, besides those that dockerd uses; where it sees the machine's tree,
            only those in /run and /etc are made for it.
    """

    argv: tuple[str, ...]
    env: tuple[tuple[str, str], ...]
    files: tuple[TextFile, ...]
    directories: tuple[str, ...] = ()
