"""Reads the agent's configuration file, and asks this machine for the ids behind names."""

import os

from dinp.model.agent_config import AgentConfig
from dinp.model.config_document import Ground, parse_agent_config
from dinp.model.config_section import IdLookup
from dinp.model.engine_spec import EngineKind, IsolationKind
from dinp.model.launch_plan import TreeStep
from dinp.model.problem import BadInputError, Problem


def read_agent_config(path: str) -> AgentConfig:
    """The configuration in a file; relative names in it begin at the file's own directory.

    Raises:
        BadInputError: the file cannot be read, is no UTF-8 text, or has problems.
    """
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except OSError as error:
        raise BadInputError(
            Problem(
                "config-unreadable",
                f"The configuration {path} cannot be read: {error.strerror}.",
                "Give the path of a readable file with --config.",
            )
        ) from error
    except UnicodeDecodeError as error:
        raise BadInputError(
            Problem(
                "config-unreadable",
                f"The configuration {path} is no UTF-8 text: byte {error.start} is 0x{error.object[error.start]:02x}.",
                "Save it as UTF-8.",
            )
        ) from error
    return _parse(text, path, os.path.dirname(os.path.normpath(os.path.join(_working_directory(), path))))


def agent_config_from_environment(name: str) -> AgentConfig:
    """The configuration in an environment variable; relative names in it begin at the working directory.

    Raises:
        BadInputError: there is no such variable, or its text has problems.
    """
    text = os.environ.get(name)
    if text is None:
        raise BadInputError(
            Problem(
                "config-unreadable",
                f"The configuration cannot be read: there is no environment variable {name}.",
                "Set it to the text of a configuration, or use --config.",
            )
        )
    return _parse(text, f"${name}", _working_directory())


def _parse(text: str, name: str, directory: str) -> AgentConfig:
    return parse_agent_config(text, name, directory=directory, ids=SYSTEM_IDS, ground=_GROUND)


def _own_tree(isolation: IsolationKind, kind: EngineKind) -> tuple[TreeStep, ...]:
    # Imported where there are workspaces only: sockets are not open yet, and somebody waits.
    from dinp.isolation.all_isolations import ISOLATIONS

    return ISOLATIONS[isolation].own_tree(kind)


_GROUND = Ground(_own_tree, os.path.realpath)


def _working_directory() -> str:
    """The working directory; empty when it was removed."""
    try:
        return os.getcwd()
    except FileNotFoundError:
        return ""


def _user(name: str) -> int | None:
    import pwd

    try:
        return pwd.getpwnam(name).pw_uid
    except (KeyError, ValueError):
        return None


def _group(name: str) -> int | None:
    import grp

    try:
        return grp.getgrnam(name).gr_gid
    except (KeyError, ValueError):
        return None


SYSTEM_IDS = IdLookup(user=_user, group=_group)
"""The users and groups of this machine (or of the container's /etc/passwd)."""
