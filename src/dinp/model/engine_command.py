"""What an engine tells the isolation that is to run it."""

from dinp.model.launch_plan import TextFile
from dinp.model.value import Value


class EngineCommand(Value):
    """An engine's command line with what belongs to it.

    Attributes:
        argv: its program and arguments; listening sockets come by sd_listen_fds(3).
        env: variables that it needs besides PATH, HOME and TMPDIR.
        files: configuration files, at paths that it sees.
    """

    argv: tuple[str, ...]
    env: tuple[tuple[str, str], ...]
    files: tuple[TextFile, ...]
