"""Go programs that no package offers in the right version: described once, compiled once, kept in the cache.

    from tools.provision.cache import Cache
    from tools.provision.go_programs import GoProgram, go_program

    kwok = GoProgram("kwok", "sigs.k8s.io/kwok", "v0.8.0", package="sigs.k8s.io/kwok/cmd/kwok")
    binary = go_program(kwok, Cache.of(os.environ), say=print)   # a Path; compiled on the first call only

- `version` pins the module and names the folder in the cache; any other change of the description makes a new folder.
- A module whose replace or exclude directives forbid `go install` gets a small module of its own (`own_module`, a
  folder with go.mod and go.sum that requires it as a tool); then `version` is only the label that people see.
- `installed`: arguments that make an installed program print its version, e.g. ("--version",). When a program of that
  name on PATH prints exactly `version` (with or without the v), it is used instead of being compiled.
- Errors: RefusalError when Go is missing or too old (and what to install), CommandFailedError with the compiler's last
  lines.
- Ctrl-C leaves nothing half-done; two processes that want the same program wait for each other.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.provision.cache import Cache, new_folder
from tools.provision.command import CommandFailedError, Say, output_of, run_long
from tools.provision.refusal import RefusalError


@dataclass(frozen=True)
class GoProgram:
    """One Go program: what to compile and how. `reason` says why this version, and why compiled at all."""

    name: str
    module: str
    version: str
    package: str
    ldflags: str = ""
    tags: tuple[str, ...] = ()
    cgo: bool = False
    own_module: Path | None = None
    installed: tuple[str, ...] = ()
    reason: str = ""


def go_program(program: GoProgram, cache: Cache, *, say: Say) -> Path:
    """The program's file: the one on PATH if it is the wanted version, or the cached one, compiled now if need be."""
    ready = ready_go_program(program, cache)
    if ready is not None:
        return ready
    with cache.locked(f"go-{program.name}", say):
        final = cached_path(program, cache)
        if not final.exists():
            require_go(program)
            require_compiler(program)
            with new_folder(final.parent) as folder:
                say(f"  compiling {program.name} {program.version} (Go, once; kept in {final.parent})")
                compile_into(program, folder, say=say)
    return final


def ready_go_program(program: GoProgram, cache: Cache) -> Path | None:
    """The program's file if nothing has to be compiled for it, else None."""
    final = cached_path(program, cache)
    return final if final.exists() else on_path(program)


def cached_path(program: GoProgram, cache: Cache) -> Path:
    """Where the compiled program is, or will be."""
    return cache.root / "go" / program.name / f"{program.version}-{digest(program)}" / program.name


def digest(program: GoProgram) -> str:
    """Twelve hex digits over everything that shapes the binary, so that changed flags never meet an old build."""
    shape: dict[str, object] = {
        "package": f"{program.module} {program.version} {program.package}",
        "flags": [program.ldflags, *program.tags],
        "cgo": program.cgo,
        "machine": os.uname().machine,
    }
    if program.own_module is not None:
        shape["files"] = {
            file.name: hashlib.sha256(file.read_bytes()).hexdigest()
            for file in sorted(program.own_module.iterdir())
            if file.suffix in (".go", ".mod", ".sum")
        }
    return hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()[:12]


def on_path(program: GoProgram) -> Path | None:
    """The program of that name on PATH, if it says that it is exactly the pinned version."""
    found = shutil.which(program.name) if program.installed else None
    if found is None:
        return None
    try:
        said = output_of([found, *program.installed])
    except (CommandFailedError, OSError):
        return None
    return Path(found) if says_version(said, program.version) else None


def says_version(output: str, version: str) -> bool:
    """Whether a `--version` output names this very version: v1.2.3 is not in 'v1.2.30', nor in 'v1.2.3-rc.1'."""
    return re.search(rf"(?<![\w.])v?{re.escape(version.removeprefix('v'))}(?![\w.-])", output) is not None


def require_go(program: GoProgram) -> None:
    """Refuse, and say what to install, when there is no Go."""
    if shutil.which("go") is None:
        raise RefusalError(
            f"Go is not installed, and {program.name} {program.version} has to be compiled from its Go module.",
            "Install Go 1.26 or newer so that `go version` works (your distribution's package is often older).",
        )


def require_compiler(program: GoProgram) -> None:
    """Refuse when the program is partly C and there is no C compiler."""
    if program.cgo and not (shutil.which("gcc") or shutil.which("cc")):
        raise RefusalError(
            f"No C compiler, and {program.name} {program.version} is partly C.",
            "Install gcc and pkg-config (Debian, Ubuntu: `apt-get install gcc pkg-config libc6-dev`).",
        )


def compile_into(program: GoProgram, folder: Path, *, say: Say) -> None:
    """Compile the program to `folder`/name. RefusalError when this Go is too old for it, else CommandFailedError."""
    # Go's own scratch space goes with the folder, also when go is killed.
    work = folder / "work"
    work.mkdir()
    try:
        run_long(
            go_command(program, folder), say=say, cwd=program.own_module, env=go_environment(program, folder),
            summary=lambda count, line: f"{program.name}: {count} steps, now {line}",
        )  # fmt: skip
    except CommandFailedError as failed:
        needed = go_version_wanted(failed.output)
        if needed is None:
            raise
        raise RefusalError(
            f"{program.name} {program.version} needs Go {needed}, and here is {output_of(['go', 'version']).strip()}.",
            "Install the newer Go; none is downloaded behind your back.",
        ) from failed
    shutil.rmtree(work)
    if program.own_module is None:
        (built,) = (file for file in folder.iterdir() if file.is_file())
        built.rename(folder / program.name)


def go_command(program: GoProgram, folder: Path) -> list[str]:
    """The `go` command line. -trimpath: the result must not depend on whose cache it was compiled in."""
    flags = ["-v", "-trimpath", "-buildvcs=false", f"-tags={','.join(program.tags)}", f"-ldflags={program.ldflags}"]
    if program.own_module is None:
        return ["go", "install", *flags, f"{program.package}@{program.version}"]
    return ["go", "build", *flags, "-mod=readonly", "-o", str(folder / program.name), program.package]


def go_environment(program: GoProgram, folder: Path) -> Mapping[str, str]:
    """The environment of `go`: the caller's, minus whatever would build something else than what is described."""
    theirs = {key: value for key, value in os.environ.items() if key not in ("GOOS", "GOARCH", "GOWORK", "GOBIN")}
    cgo = "1" if program.cgo else "0"
    return theirs | {
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "GOBIN": str(folder),
        "GOTMPDIR": str(folder / "work"),
        "CGO_ENABLED": cgo,
    }


def go_version_wanted(output: str) -> str | None:
    """The Go version that `go` says a module needs, from 'requires go >= 1.27.0 (running go 1.26.8 …)'."""
    found = re.search(r"requires go >= ([\w.]+)", output)
    return found.group(1) if found else None
