"""What an engine calls itself, asked seldom: `dockerd --version` costs more than the rest of preflight."""

import contextlib
import os

_NAME = "engine-version"
BESIDE = ".version"
"""What the answer is called that lies beside the program already: whoever made an image of the engine has asked it."""


class VersionQuestion:
    """`--version` of a program, put at once and answered later, so that it runs while other facts are gathered.

    The answer is kept in a small file together with the program's path, size and time of change, and is asked for
    again only when one of these is another.
    """

    def __init__(self, program: str | None, cache: str | None) -> None:
        """Ask.

        Args:
            program: absolute path of the engine; None has the empty answer.
            cache: a directory for the remembered answer; None remembers nothing.
        """
        self._cache = f"{cache}/{_NAME}" if cache else None
        self._places = (*((self._cache,) if self._cache else ()), f"{program}{BESIDE}")
        self._identity = _identity(program) if program else ""
        self._known = self._remembered() if program else ""
        self._asked = _ask(program) if program and self._known is None else None

    def answer(self) -> str:
        """The version, e.g. `20.10.24+dfsg1`; empty when the program does not say one."""
        if self._asked is None:
            return self._known or ""
        process, reader = self._asked
        with open(reader, encoding="utf-8", errors="replace") as pipe:
            version = _version_in(pipe.read())
        with contextlib.suppress(ChildProcessError):  # whoever collects orphans may have been quicker
            os.waitpid(process, 0)
        self._remember(version)
        return version

    def _remembered(self) -> str | None:
        for place in self._places:
            with contextlib.suppress(OSError), open(place, encoding="utf-8") as file:
                identity, _, version = file.read().partition("\n")
                if identity == self._identity and version:
                    return version.strip()
        return None

    def _remember(self, version: str) -> None:
        if self._cache is None or not version:
            return
        # A directory that may not be written costs the next start 50 ms, nothing else.
        with contextlib.suppress(OSError):
            with open(f"{self._cache}.new", "w", encoding="utf-8") as file:
                file.write(remembered(self._identity, version))
            os.rename(f"{self._cache}.new", self._cache)


def _ask(program: str) -> tuple[int, int]:
    """The process, and where what it says can be read. Not by subprocess: its import takes as long as the program."""
    reader, writer = os.pipe()
    try:
        nowhere = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 2)]
        actions = [*nowhere, (os.POSIX_SPAWN_DUP2, writer, 1)]
        return os.posix_spawn(program, [program, "--version"], os.environ, file_actions=actions), reader
    except OSError:
        os.close(reader)
        raise
    finally:
        os.close(writer)


def remembered(identity: str, version: str) -> str:
    """An answer in the form in which it is kept."""
    return f"{identity}\n{version}\n"


def identity_of(path: str, size: int, changed: int) -> str:
    """What an answer belongs to: a program's real path, its bytes, and when it was changed, in nanoseconds."""
    return f"{path} {size} {changed}"


def _identity(program: str) -> str:
    status = os.stat(program)
    return identity_of(os.path.realpath(program), status.st_size, status.st_mtime_ns)


def _version_in(text: str) -> str:
    """`Docker version 20.10.24+dfsg1, build 297e128` -> `20.10.24+dfsg1`; `buildkitd MODULE v0.32.2 REVISION` alike."""
    words = text.replace(",", " ").split()
    if "version" in words[:-1]:
        return words[words.index("version") + 1]
    return words[2].removeprefix("v") if len(words) > 2 and words[0] == "buildkitd" else ""
