"""The system calls that Python's os module lacks, one function each, errors as OSError.

Numbers: those from 424 on are the same on every architecture (kernel arch/*/entry/syscalls, "unified numbers");
pivot_root is not, and neither glibc nor musl declares it.
"""

import ctypes
import os

_libc = ctypes.CDLL(None, use_errno=True)

_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41, "riscv64": 41, "ppc64le": 203, "s390x": 217}
_OPEN_TREE = 428
_MOVE_MOUNT = 429
_FSOPEN = 430
_FSCONFIG = 431
_FSMOUNT = 432
_CLOSE_RANGE = 436
_PIDFD_GETFD = 438
_MOUNT_SETATTR = 442

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 0x1, 0x2, 0x4, 0x8
MS_REMOUNT, MS_BIND, MS_REC, MS_UNBINDABLE, MS_PRIVATE, MS_SLAVE = 0x20, 0x1000, 0x4000, 0x20000, 0x40000, 0x80000
MNT_DETACH = 2
AT_FDCWD = -100
AT_EMPTY_PATH = 0x1000
AT_RECURSIVE = 0x8000
OPEN_TREE_CLONE = 1
FSCONFIG_CMD_CREATE = 6
MOVE_MOUNT_F_EMPTY_PATH = 4
MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC = 0x1, 0x2, 0x4, 0x8
MOUNT_ATTR_IDMAP = 0x100000
CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = (
    0x00020000,
    0x02000000,
    0x10000000,
    0x20000000,
    0x40000000,
)
CLOSE_RANGE_CLOEXEC = 4
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def unshare(flags: int) -> None:
    """Give the calling process new namespaces (unshare(2))."""
    _checked(_libc.unshare(ctypes.c_int(flags)), f"unshare({flags:#x})")


def setns(descriptor: int, flags: int) -> None:
    """Enter the namespaces behind a descriptor (setns(2)); a pidfd gives several at once."""
    _checked(_libc.setns(ctypes.c_int(descriptor), ctypes.c_int(flags)), f"setns({flags:#x})")


def mount(source: str, target: str, kind: str, flags: int = 0, options: str = "") -> None:
    """Mount (mount(2))."""
    result = _libc.mount(
        source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode() if options else None
    )
    _checked(result, f"mount {kind or 'bind'} {source} on {target}")


def umount(target: str, flags: int = MNT_DETACH) -> None:
    """Unmount, by default lazily (umount2(2))."""
    _checked(_libc.umount2(target.encode(), ctypes.c_int(flags)), f"umount {target}")


def pivot_root(new_root: str, put_old: str) -> None:
    """Make `new_root` the root of this mount namespace (pivot_root(2)); both "." is allowed."""
    number = _PIVOT_ROOT[os.uname().machine]
    result = _libc.syscall(ctypes.c_long(number), new_root.encode(), put_old.encode())
    _checked(result, f"pivot_root {new_root}")


def open_tree(path: str, flags: int) -> int:
    """A descriptor of a detached copy of the mount at `path` (open_tree(2)); close-on-exec."""
    result = _libc.syscall(
        ctypes.c_long(_OPEN_TREE), ctypes.c_int(AT_FDCWD), path.encode(), ctypes.c_uint(flags | os.O_CLOEXEC)
    )
    return _checked(result, f"open_tree {path}")


def new_mount(kind: str) -> int:
    """A descriptor of a detached mount of a fresh file system without a source (fsopen(2), fsmount(2))."""
    context = _checked(_libc.syscall(ctypes.c_long(_FSOPEN), kind.encode(), ctypes.c_uint(1)), f"fsopen {kind}")
    try:
        create = (ctypes.c_int(context), ctypes.c_uint(FSCONFIG_CMD_CREATE), None, None, ctypes.c_int(0))
        _checked(_libc.syscall(ctypes.c_long(_FSCONFIG), *create), f"fsconfig {kind}")
        result = _libc.syscall(ctypes.c_long(_FSMOUNT), ctypes.c_int(context), ctypes.c_uint(1), ctypes.c_uint(0))
        return _checked(result, f"fsmount {kind}")
    finally:
        os.close(context)


def move_mount(tree: int, target: str) -> None:
    """Attach a detached mount at `target` (move_mount(2))."""
    result = _libc.syscall(
        ctypes.c_long(_MOVE_MOUNT),
        ctypes.c_int(tree),
        b"",
        ctypes.c_int(AT_FDCWD),
        target.encode(),
        ctypes.c_uint(MOVE_MOUNT_F_EMPTY_PATH),
    )
    _checked(result, f"move_mount to {target}")


class _MountAttr(ctypes.Structure):
    _fields_ = (
        ("attr_set", ctypes.c_uint64),
        ("attr_clr", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("userns_fd", ctypes.c_uint64),
    )


def mount_setattr(
    tree: int,
    *,
    set_flags: int = 0,
    clear_flags: int = 0,
    user_namespace: int | None = None,
    recursive: bool = False,
) -> None:
    """Change a mount by its descriptor (mount_setattr(2)); with `user_namespace` it becomes an idmapped mount."""
    flags = set_flags | (MOUNT_ATTR_IDMAP if user_namespace is not None else 0)
    attr = _MountAttr(flags, clear_flags, 0, user_namespace or 0)
    result = _libc.syscall(
        ctypes.c_long(_MOUNT_SETATTR),
        ctypes.c_int(tree),
        b"",
        ctypes.c_uint(AT_EMPTY_PATH | (AT_RECURSIVE if recursive else 0)),
        ctypes.byref(attr),
        ctypes.c_size_t(ctypes.sizeof(attr)),
    )
    _checked(result, "mount_setattr")


def pidfd_getfd(pidfd: int, descriptor: int) -> int:
    """A duplicate of another process's descriptor (pidfd_getfd(2)); close-on-exec by the kernel."""
    result = _libc.syscall(ctypes.c_long(_PIDFD_GETFD), ctypes.c_int(pidfd), ctypes.c_int(descriptor), ctypes.c_uint(0))
    return _checked(result, f"pidfd_getfd({descriptor})")


def prctl(option: int, value: int) -> None:
    """Set an attribute of the calling process (prctl(2))."""
    zero = ctypes.c_ulong(0)
    _checked(_libc.prctl(ctypes.c_int(option), ctypes.c_ulong(value), zero, zero, zero), f"prctl({option})")


def close_on_exec_from(first: int) -> None:
    """Let no descriptor from `first` on survive an exec (close_range(2), Linux 5.11)."""
    last, flags = ctypes.c_uint(0xFFFF_FFFF), ctypes.c_uint(CLOSE_RANGE_CLOEXEC)
    result = _libc.syscall(ctypes.c_long(_CLOSE_RANGE), ctypes.c_uint(first), last, flags)
    _checked(result, "close_range")
