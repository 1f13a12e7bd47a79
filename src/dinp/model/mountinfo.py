"""Mounts as /proc/self/mountinfo tells them (proc_pid_mountinfo(5))."""

from dinp.model.value import Value


class Mount(Value):
    """One mounted file system.

    Attributes:
        root: the directory of the file system that is seen at `target`.
        target: where it is mounted.
        kind: type of the file system: `ext4`, `overlay`, `cgroup2` …
        source: what was mounted.
        options: options of this mount: `rw`, `nosuid` …
        super_options: options of the file system itself; names of the controllers for cgroup v1.
    """

    root: str
    target: str
    kind: str
    source: str
    options: frozenset[str]
    super_options: frozenset[str]

    @property
    def writable(self) -> bool:
        """Whether neither the mount nor its file system is read-only."""
        return "ro" not in self.options and "ro" not in self.super_options


def _unescape(field: str) -> str:
    """Blanks, tabs, newlines and backslashes are written in octal."""
    for escaped, plain in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        field = field.replace(escaped, plain)
    return field


def parse_mountinfo(text: str) -> tuple[Mount, ...]:
    """The mounts in the order of the file; a line that is not one is passed over."""
    mounts = []
    for line in text.splitlines():
        fields, separator, tail = line.partition(" - ")
        before, behind = fields.split(" "), tail.split(" ")
        if not separator or len(before) < 6 or len(behind) < 3:
            continue
        mounts.append(
            Mount(
                root=_unescape(before[3]),
                target=_unescape(before[4]),
                kind=behind[0],
                source=_unescape(behind[1]),
                options=frozenset(before[5].split(",")),
                super_options=frozenset(behind[2].split(",")),
            )
        )
    return tuple(mounts)


def mount_of(mounts: tuple[Mount, ...], path: str) -> Mount | None:
    """The mount that holds `path` (absolute, without links): the deepest target, the last of several there."""
    best: Mount | None = None
    for mount in mounts:
        inside = mount.target == "/" or path == mount.target or path.startswith(mount.target + "/")
        if inside and (best is None or len(mount.target) >= len(best.target)):
            best = mount
    return best
