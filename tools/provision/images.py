"""Root file systems for images, made here in seconds, as tar archives that `docker import` takes. No registry is asked.

busybox-amd64.tar, busybox-arm64.tar   busybox with a link for each applet, /etc/passwd, /tmp: 2 MB
debian-NAMES.tar                       a small Debian (bash, coreutils, and what was asked for): some 60 MB

docker import --change 'CMD ["sh"]' busybox-amd64.tar busybox
docker import --platform linux/arm64 busybox-arm64.tar busybox:arm64
"""

from __future__ import annotations

import io
import os
import shutil
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tools.provision.apt import environment
from tools.provision.cache import Cache, complete
from tools.provision.command import CommandFailedError, Say, output_of, run_long
from tools.provision.machine import read_os_release
from tools.provision.needs import ImageName
from tools.provision.refusal import RefusalError

DEBIAN_NAMES = {"x86_64": "amd64", "aarch64": "arm64"}
"""What Debian and Docker call a machine that uname calls otherwise."""

ETC_FILES = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/tmp:/bin/sh\n"
    "nobody:x:65534:65534:nobody:/:/bin/false\n",
    "etc/group": "root:x:0:\nuser:x:1000:\nnogroup:x:65534:\n",
    "etc/nsswitch.conf": "hosts: files dns\n",
}
FOLDERS = {"bin": 0o755, "etc": 0o755, "root": 0o700, "tmp": 0o1777, "usr": 0o755, "var": 0o755, "var/tmp": 0o1777}


def native() -> str:
    """amd64 or arm64: this machine, as Docker calls it."""
    return DEBIAN_NAMES.get(os.uname().machine, os.uname().machine)


def image(name: ImageName, cache: Cache, native_busybox: Path, *, say: Say) -> Path | None:
    """One of the images that setup makes; None, with the reason said, for one that cannot be had on this machine."""
    if name == "debian":
        return debian_image(cache, say=say)
    try:
        return busybox_image(cache, native_busybox, architecture=name.removeprefix("busybox-"), say=say)
    except RefusalError as refusal:
        say(f"  without {name}: {refusal}")
        return None


def busybox_image(cache: Cache, native_busybox: Path, *, architecture: str, say: Say) -> Path:
    """The busybox root for an architecture, made on the first call.

    `native_busybox` is the static busybox of this machine: it names the applets, and is the content for its own kind.
    For another architecture Debian's busybox-static of that one is downloaded, without telling dpkg about it.
    """
    final = cache.root / "images" / f"busybox-{architecture}.tar"
    with cache.locked(f"image-busybox-{architecture}", say):
        if final.exists():
            return final
        say(f"  making {final}")
        applets = output_of([str(native_busybox), "--list"]).split()
        with tempfile.TemporaryDirectory(prefix="dinp-busybox-") as scratch:
            binary = native_busybox
            if architecture != native():
                binary = foreign_busybox(Path(scratch), architecture, say=say)
            complete(final, lambda half_done: write_busybox_root(half_done, binary, applets))
    return final


def write_busybox_root(archive: Path, busybox: Path, applets: Sequence[str]) -> None:
    """Write the root as a tar without times, so that its digest is the same wherever it is made."""
    with tarfile.open(archive, "w", format=tarfile.GNU_FORMAT) as tar:
        for name, mode in FOLDERS.items():
            tar.addfile(entry(name, mode, tarfile.DIRTYPE))
        content = busybox.read_bytes()
        program = entry("bin/busybox", 0o755, tarfile.REGTYPE)
        program.size = len(content)
        tar.addfile(program, io.BytesIO(content))
        for applet in applets:
            if applet != "busybox":
                link = entry(f"bin/{applet}", 0o777, tarfile.SYMTYPE)
                link.linkname = "busybox"
                tar.addfile(link)
        for name, text in ETC_FILES.items():
            file = entry(name, 0o644, tarfile.REGTYPE)
            file.size = len(text.encode())
            tar.addfile(file, io.BytesIO(text.encode()))


def entry(name: str, mode: int, kind: bytes) -> tarfile.TarInfo:
    """An archive member that belongs to root and has no time."""
    info = tarfile.TarInfo(name)
    info.mode, info.type = mode, kind
    return info


def foreign_busybox(scratch: Path, architecture: str, *, say: Say) -> Path:
    """Debian's static busybox of another architecture, from a private apt state: the machine's own stays as it is."""
    say(f"  downloading busybox-static for {architecture} (private apt state)")
    state, store = scratch / "state", scratch / "cache"
    (state / "lists" / "partial").mkdir(parents=True)
    (store / "archives" / "partial").mkdir(parents=True)
    (scratch / "status").touch()
    settings = [
        f"APT::Architecture={architecture}", f"APT::Architectures={architecture}", f"Dir::State={state}",
        f"Dir::State::status={scratch / 'status'}", f"Dir::Cache={store}", "APT::Sandbox::User=",
        "Acquire::Languages=none", "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false",
    ]  # fmt: skip
    apt_get = ["apt-get", "-q", *(word for setting in settings for word in ("-o", setting))]
    try:
        run_long([*apt_get, "update"], say=say, env=environment())
        run_long([*apt_get, "download", "busybox-static"], say=say, env=environment(), cwd=scratch)
        (package,) = scratch.glob("*.deb")
    except (CommandFailedError, FileNotFoundError, ValueError) as failed:
        raise RefusalError(
            f"No busybox-static for {architecture} from apt: {failed}",
            "On Ubuntu, other architectures are at another server: add that one to apt's sources.",
        ) from failed
    output_of(["dpkg", "--extract", str(package), str(scratch / "root")])
    return next(path for path in (scratch / "root/bin/busybox", scratch / "root/usr/bin/busybox") if path.exists())


def debian_image(cache: Cache, *, suite: str = "", include: Sequence[str] = (), say: Say) -> Path:
    """A small Debian or Ubuntu root with these packages besides the essential ones; by mmdebstrap.

    `suite` names a release; the machine's own without it.
    """
    final = cache.root / "images" / ("-".join(filter(None, ("debian", suite, *sorted(include)))) + ".tar")
    with cache.locked(final.stem, say):
        if final.exists():
            return final
        if shutil.which("mmdebstrap") is None:
            raise RefusalError("mmdebstrap is missing.", "Install it (Debian, Ubuntu: apt-get install mmdebstrap).")
        own = read_os_release().get("VERSION_CODENAME", "stable")
        say(f"  making {final} (mmdebstrap)")
        argv = ["mmdebstrap", "--variant=essential", "--format=tar"]
        argv += ["--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/locale/*"]
        argv += [f"--include={','.join(include)}"] if include else []
        complete(final, lambda half_done: run_long([*argv, suite or own, str(half_done)], say=say, env=environment()))
    return final
