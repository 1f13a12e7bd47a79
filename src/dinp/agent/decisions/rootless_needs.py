"""What an ordinary user needs before rootlesskit can give it an engine."""

import re

from dinp.model.engine_spec import EngineKind
from dinp.model.id_maps import sub_id_count
from dinp.model.node_facts import NodeFacts
from dinp.model.problem import Problem

_FIRST_WITH_PORT_CLIENT = 28
"""From then on dockerd talks to rootlesskit itself (moby daemon/libnetwork/internal/rlkclient)."""

_PORT_CLIENT = "rootlesskit-docker-proxy"

_FIRST_GOOD_PASTA = 20231204
"""What rootlesskit asks for (its docs/network.md). With that of Debian 12 published ports never answer."""

_NEEDED = ("rootlesskit", "newuidmap", "newgidmap", "ip", "nsenter")
"""rootlesskit sets up the engine's network with the last two (its pkg/network/iputils)."""

_LEAST_SUB_IDS = 65534
"""The user is 0 inside; with as many more every id up to `nobody` (65534) can be a file's owner in an image."""


def rootless_problems(facts: NodeFacts, engine: EngineKind) -> list[Problem]:
    """Everything that is in the way of an engine of this kind; empty when nothing is."""
    return [*_kernel_problems(facts), *_program_problems(facts, engine), *_sub_id_problems(facts)]


def _kernel_problems(facts: NodeFacts) -> list[Problem]:
    process = facts.process
    problems = []
    if process.max_user_namespaces == 0:
        problems.append(max_user_namespaces_problem(process.max_user_namespaces))
    if process.unprivileged_clone is False:
        problems.append(
            Problem(
                "unprivileged-userns-clone",
                "kernel.unprivileged_userns_clone is 0: only root may make a user namespace here.",
                "On the node: sysctl -w kernel.unprivileged_userns_clone=1, and the same line in /etc/sysctl.d.",
            )
        )
    if process.apparmor_restricts and not process.rootlesskit_profile:
        problems.append(
            Problem(
                "apparmor-userns",
                "kernel.apparmor_restrict_unprivileged_userns is 1, and no AppArmor profile lets rootlesskit use user"
                " namespaces.",
                "Install a profile with `userns,` for rootlesskit (docker-ce-rootless-extras has one), or"
                " on the node: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0.",
            )
        )
    if process.no_new_privileges:
        problems.append(
            Problem(
                "no-new-privileges",
                "The agent runs with no_new_privs, so newuidmap and newgidmap cannot map the user's sub-ids.",
                "In a pod: securityContext.allowPrivilegeEscalation: true for the agent's container.",
            )
        )
    if process.new_proc.error.startswith("mount") and not process.apparmor_restricts:
        problems.append(
            Problem(
                "proc-covered",
                "The kernel refuses a /proc of their own to an engine's containers and build steps"
                f" ({process.new_proc.error}): parts of the agent's are covered, as in every ordinary container.",
                "In a pod: securityContext.procMount: Unmasked for the agent's container, and hostUsers: false for the"
                " pod; docker run: --security-opt systempaths=unconfined.",
            )
        )
    if not process.may_write_tmp:
        problems.append(
            Problem(
                "tmp-not-writable",
                f"User {process.user} may not write to /tmp, where rootlesskit makes its copies of /etc and /run.",
                "In a pod with readOnlyRootFilesystem: an emptyDir at /tmp of the agent's container; else chmod 1777.",
            )
        )
    if not facts.network.tun:
        problems.append(
            Problem(
                "no-tun",
                "/dev/net/tun cannot be opened: slirp4netns and pasta make the engine's network through it.",
                "On a machine: modprobe tun, and mode 0666 for /dev/net/tun. In a pod: mount /dev/net/tun of the node"
                " (hostPath, type CharDevice) or give it by a device plugin.",
            )
        )
    return problems


def _program_problems(facts: NodeFacts, engine: EngineKind) -> list[Problem]:
    absent = [name for name in _NEEDED if facts.program(name) is None]
    if facts.program("slirp4netns", "pasta") is None:
        absent.append("slirp4netns or pasta")
    elif facts.program("slirp4netns") is None and _pasta_date(facts.pasta_version) < _FIRST_GOOD_PASTA:
        absent.append(f"slirp4netns, or a pasta from December 2023 or later (here is {facts.pasta_version!r})")
    major = facts.engine_version.partition(".")[0]
    asks_for_ports = engine is EngineKind.DOCKERD and major.isdigit() and int(major) < _FIRST_WITH_PORT_CLIENT
    if asks_for_ports and facts.program(_PORT_CLIENT) is None:
        absent.append(_PORT_CLIENT)
    if not absent:
        return []
    return [
        Problem(
            "rootless-program-missing",
            f"Isolation rootless needs {', '.join(absent)}, not found in {':'.join(facts.search_path)}.",
            "Install them (Debian and Ubuntu: rootlesskit, uidmap, iproute2, util-linux, slirp4netns, passt).",
        )
    ]


def _pasta_date(version: str) -> int:
    """`pasta 0.0~git20240220.1e6f92b-1` and `pasta 2024_02_20.1e6f92b` -> 20240220; 0 for a version that tells none."""
    found = re.search(r"(20\d\d)_?(\d\d)_?(\d\d)\.", version)
    return int("".join(found.groups())) if found else 0


def _sub_id_problems(facts: NodeFacts) -> list[Problem]:
    process = facts.process
    problems = []
    for file, entries in (("/etc/subuid", process.sub_uids), ("/etc/subgid", process.sub_gids)):
        count = sub_id_count(entries, process.user, process.uid)
        if count < _LEAST_SUB_IDS:
            problems.append(
                Problem(
                    "sub-ids-missing",
                    f"{process.user} (uid {process.uid}) has {count} ids in {file}; an engine needs {_LEAST_SUB_IDS}.",
                    f"As root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {process.user}"
                    " (a range that no other line has).",
                )
            )
    return problems


def max_user_namespaces_problem(limit: int | None) -> Problem:
    """The sysctl that forbids user namespaces altogether; the seeds' own log shows it."""
    return Problem(
        "max-user-namespaces",
        f"user.max_user_namespaces is {limit} here, or a smaller limit further out is reached:"
        " no user namespace can be made.",
        "On the node: sysctl -w user.max_user_namespaces=28633, and the same line in /etc/sysctl.d/99-userns.conf.",
    )
