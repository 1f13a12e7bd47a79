"""Which directories the engine of a `dinp run` is shown: the caller's own, and those that were named."""

import os

from dinp.edges import local_places
from dinp.edges.agent_log import AgentLog
from dinp.isolation.all_isolations import ISOLATIONS
from dinp.model.engine_spec import EngineSpec, usual_isolation
from dinp.model.problem import BadInputError, Problem
from dinp.model.tenant import Workspace
from dinp.model.workspace_check import OwnPlaces, refusal, trespass


def run_workspaces(spec: EngineSpec, named: list[str], log: AgentLog) -> tuple[Workspace, ...]:
    """The workspaces of a run.

    Each directory is shown at its real path and at the path by which the caller knows it, which may have links in it:
    `-v $PWD:/app` says the latter.

    Args:
        spec: the engine that is asked for.
        named: directories that the caller names, relative ones from the current directory.
        log: told where the current directory is one that engines are not shown.

    Raises:
        BadInputError: a named one cannot be shown to an engine.
    """
    own = _own_places(spec)
    here = _current_directory()
    found: dict[str, Workspace] = {}
    if here is None:
        log.say("the current directory was removed: the engine sees none", level="warning")
    for path in _names(here or "/", "") if here is not None else ():
        if words := trespass(path, own):
            log.say(f"the current directory is not shown to the engine: {path} {words}", level="warning")
            break
        found[path] = Workspace(path, by_chance=True)
    return tuple({**found, **{path: Workspace(path) for path in named_workspaces(spec, named)}}.values())


def named_workspaces(spec: EngineSpec, named: list[str]) -> tuple[str, ...]:
    """The paths at which directories are shown that the caller names.

    Raises:
        BadInputError: one of them cannot be shown to an engine.
    """
    if not named:
        return ()
    own = _own_places(spec)
    here = _current_directory()
    found: list[str] = []
    for path in named:
        if here is None and not path.startswith("/"):
            raise BadInputError(_lost(path))
        for name in _names(here or "/", path):
            if words := trespass(name, own):
                raise BadInputError(refusal(name, words))
            found.append(name)
    return tuple(dict.fromkeys(found))


def _own_places(spec: EngineSpec) -> OwnPlaces:
    kind = spec.isolation or usual_isolation(os.geteuid())
    homes = (str(local_places.state_home()), str(local_places.runtime_home()))
    return OwnPlaces(
        ISOLATIONS[kind].own_tree(spec.kind), tuple(dict.fromkeys((*homes, *map(os.path.realpath, homes))))
    )


def _current_directory() -> str | None:
    """By the shell's name for it, where that leads there; None when it was removed."""
    try:
        here = os.getcwd()
    except FileNotFoundError:
        return None
    logical = os.environ.get("PWD", "")
    return logical if _leads_to(logical, here) else here


def _names(here: str, path: str) -> tuple[str, ...]:
    """The real path of a directory, and the one by which its user knows it."""
    known = os.path.normpath(os.path.join(here, path))
    real = os.path.realpath(os.path.join(here, path))
    # Where `..` follows a link, taking both out leads elsewhere.
    return (real, known) if known != real and _leads_to(known, real) else (real,)


def _leads_to(path: str, real: str) -> bool:
    try:
        return path == os.path.normpath(path) and path.startswith("/") and os.path.samefile(path, real)
    except OSError:
        return False


def _lost(path: str) -> Problem:
    return Problem(
        "workspace-missing",
        f"The workspace {path} is not there: the current directory was removed.",
        "Go to a directory that is there, or give an absolute path.",
    )
