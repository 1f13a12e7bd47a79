"""The storage driver, by trial: overlay2 where the kernel mounts it, fuse-overlayfs where it can stand in."""

import errno

from dinp.agent.decisions.words import in_bytes
from dinp.knowledge.versions import OVERLAY_IN_USER_NAMESPACE
from dinp.model.decision import Decision
from dinp.model.engine_spec import IsolationKind
from dinp.model.node_facts import NodeFacts, Trial
from dinp.model.problem import Problem, WorldRefusedError

_NO_UPPER = {"overlay", "nfs", "nfs4", "cifs", "smb3", "fuse", "9p", "vfat", "exfat", "ceph"}
"""File systems that overlay refuses to write on, or that cannot keep what it writes (overlayfs.rst, "upper")."""


def choose_storage(facts: NodeFacts, isolation: IsolationKind, asked: str | None) -> tuple[str, Decision]:
    """The name of the storage driver.

    Raises:
        WorldRefusedError: no driver works here that does not copy whole images, or the one asked for does not.
    """
    trial = facts.storage.overlay if isolation is IsolationKind.ROOTFUL else facts.storage.overlay_userns
    if _only_rootlesskit_may(facts, isolation, trial):
        # Nobody but rootlesskit can try it; the kernel and the file system must do as evidence.
        trial = Trial(works=True)
    tried = (
        "a trial overlay worked on it"
        if facts.storage.overlay_userns.works or isolation is IsolationKind.ROOTFUL
        else ("AppArmor lets nobody but rootlesskit try an overlay, which this kernel and file system can do")
    )
    seen = f"{facts.storage.state_dir} is {facts.storage.file_system} with {in_bytes(facts.storage.free)} free; " + (
        tried if trial.works else f"a trial overlay failed on it ({trial.error})"
    )
    if asked is not None:
        return _asked(facts, asked, trial, seen)
    if trial.works:
        why = "the kernel mounts it there, and nothing is faster"
        return "overlay2", Decision(
            "storage-driver", seen, "overlay2", why, "another state_dir, or engine.storage_driver"
        )
    if _fuse_works(facts, isolation):
        why = "the kernel's own overlay failed; fuse-overlayfs and /dev/fuse are there"
        change = "a state_dir on which overlay works (ext4, xfs or btrfs; Linux 5.11 or newer for user namespaces)"
        return "fuse-overlayfs", Decision("storage-driver", seen, "fuse-overlayfs", why, change)
    raise WorldRefusedError(overlay_problem(facts, trial))


def _only_rootlesskit_may(facts: NodeFacts, isolation: IsolationKind, trial: Trial) -> bool:
    """Whether AppArmor alone stood in the way of the trial, as on Ubuntu 23.10 and newer."""
    return (
        isolation is IsolationKind.ROOTLESS
        and facts.process.apparmor_restricts
        and trial.errno in (errno.EPERM, errno.EACCES)
        and facts.storage.file_system not in _NO_UPPER
        and facts.kernel.at_least(*OVERLAY_IN_USER_NAMESPACE.version)
    )


def _fuse_works(facts: NodeFacts, isolation: IsolationKind) -> bool:
    usable = facts.storage.fuse and facts.program("fuse-overlayfs") is not None
    return usable and isolation is not IsolationKind.ROOTFUL


def _asked(facts: NodeFacts, asked: str, trial: Trial, seen: str) -> tuple[str, Decision]:
    if asked == "overlay2" and not trial.works:
        raise WorldRefusedError(overlay_problem(facts, trial))
    if asked == "fuse-overlayfs" and not (facts.storage.fuse and facts.program("fuse-overlayfs")):
        lacking = "the program fuse-overlayfs" if facts.storage.fuse else "/dev/fuse"
        raise WorldRefusedError(
            Problem(
                "fuse-overlayfs-missing",
                f"engine.storage_driver is fuse-overlayfs, but {lacking} is not there.",
                "Install fuse-overlayfs and give the agent /dev/fuse, or leave engine.storage_driver out.",
            )
        )
    change = "engine.storage_driver left out: preflight then chooses by trial"
    return asked, Decision("storage-driver", seen, asked, "it was asked for in engine.storage_driver", change)


def overlay_problem(facts: NodeFacts, trial: Trial) -> Problem:
    """Why overlay cannot be had on the state directory, as narrowly as the facts allow."""
    storage = facts.storage
    if storage.file_system == "overlay":
        return Problem(
            "state-dir-on-overlay",
            f"{storage.state_dir} lies on overlay, the root file system of a container: overlay refuses to be stacked"
            f" on it ({trial.error}), and any other driver would copy whole images.",
            "Give the agent a volume there: in a pod an emptyDir, hostPath or persistent volume at state_dir.",
        )
    if storage.file_system in _NO_UPPER:
        return Problem(
            "state-dir-file-system",
            f"{storage.state_dir} is {storage.file_system}, on which overlay cannot keep images ({trial.error}).",
            "Put state_dir on a local disk (ext4, xfs or btrfs); share images through a registry, not a network disk.",
        )
    if not facts.kernel.at_least(*OVERLAY_IN_USER_NAMESPACE.version):
        return Problem(
            "kernel-too-old",
            f"Linux {facts.kernel} cannot mount overlay in a user namespace ({trial.error}); that takes"
            f" {OVERLAY_IN_USER_NAMESPACE}.",
            "Use a newer kernel, or install fuse-overlayfs and give the agent /dev/fuse.",
        )
    return Problem(
        "overlay-refused",
        f"The kernel refused an overlay below {storage.state_dir} ({storage.file_system}): {trial.error}.",
        "Put state_dir on a local ext4, xfs or btrfs disk, or install fuse-overlayfs and give the agent /dev/fuse.",
    )
