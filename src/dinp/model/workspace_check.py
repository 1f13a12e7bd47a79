"""Whether a directory can be a workspace: its mount must cover nothing of the engine's, and show nothing of dinp's.

An engine whose data-root is covered would use what the machine has at that path instead: the machine's own Docker.
"""

from __future__ import annotations

from dinp.model.launch_plan import Bind, Directory, Link, TreeStep
from dinp.model.problem import Problem
from dinp.model.value import Value

_ENGINES = "a place of the engine's own"
_STICKY = 0o1000


class OwnPlaces(Value):
    """What a workspace must keep away from.

    Attributes:
        tree: the engine's own tree; empty where it sees the agent's, in which a workspace is no mount.
        state: where dinp keeps its state on the machine: nothing at, above or below it is shown to an engine.
        sockets: paths of sockets of dinp's: no directory above them is shown to an engine.
    """

    tree: tuple[TreeStep, ...] = ()
    state: tuple[str, ...] = ()
    sockets: tuple[str, ...] = ()


def trespass(path: str, own: OwnPlaces, *, other_content: bool = False) -> str:
    """What is wrong with a workspace.

    Args:
        path: absolute and tidy.
        own: what it must keep away from.
        other_content: whether there is something else at `path` than the agent's side has there without it, so that
            even below a directory of programs it would hide something (a pod's volume does).

    Returns:
        Words that follow its name, e.g. `contains /var/lib/docker, a place of the engine's own`; empty when nothing is.
    """
    if not own.tree:
        return ""
    for state in own.state:
        if words := _is_or_contains(path, state, "where dinp keeps its state"):
            return words
        if _is_below(path, state):
            return f"lies in {state}, where dinp keeps its state"
    for socket in own.sockets:
        if _is_below(socket, path):
            return f"contains {socket}, a socket of dinp's"
    # The engine's data says more than `/usr`.
    for step in sorted(own.tree, key=lambda step: not isinstance(step, Bind) or step.read_only):
        if step.target != "/" and (words := _is_or_contains(path, step.target, _ENGINES)):
            return words
    for step in own.tree:
        if step.target == "/" or not _is_below(path, step.target):
            continue
        if isinstance(step, Link):
            return trespass(_through(step, path), own, other_content=other_content)
        if not _has_room(step, other_content):
            return f"lies in {step.target}, {_ENGINES}"
    return ""


def trespass_of_link(path: str, real: str, own: OwnPlaces) -> str:
    """The same for a path that may have links in it: `real` is what it comes to."""
    words = trespass(path, own)
    if not words and real != path and (words := trespass(real, own)):
        return f"leads to {real}, which {words}"
    return words


def refusal(path: str, words: str) -> Problem:
    """The problem behind the words of `trespass`."""
    return Problem("workspace-not-free", f"The workspace {path} {words}.", "Name the directory of a project instead.")


def _has_room(step: TreeStep, other_content: bool) -> bool:
    """Whether a workspace may lie below a step's target."""
    if isinstance(step, Directory):
        return bool(step.mode & _STICKY)  # as /dev/shm: anybody's
    # The machine's own at the machine's own path: there a workspace shows what was to be seen anyway.
    return isinstance(step, Bind) and step.read_only and step.source == step.target and not other_content


def _is_or_contains(path: str, own: str, whose: str) -> str:
    if path == own:
        return f"is {whose}"
    return f"contains {own}, {whose}" if _is_below(own, path) else ""


def _is_below(path: str, parent: str) -> bool:
    return path != parent and path.startswith(f"{parent.rstrip('/')}/")


def _through(link: Link, path: str) -> str:
    """Where a path below a link of the tree leads."""
    head = "" if link.to.startswith("/") else link.target.rpartition("/")[0]
    parts: list[str] = []
    for part in f"{head}/{link.to}{path.removeprefix(link.target)}".split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/" + "/".join(parts)
