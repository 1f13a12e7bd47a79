"""What an ordinary user needs before rootlesskit can give it an engine."""

from dinp.model.id_maps import sub_id_count
from dinp.model.id_range import IDS_PER_TENANT
from dinp.model.node_facts import NodeFacts
from dinp.model.problem import Problem


def rootless_problems(facts: NodeFacts) -> list[Problem]:
    """Everything that is in the way; empty when nothing is."""
    return [*_kernel_problems(facts), *_program_problems(facts), *_sub_id_problems(facts)]


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


def _program_problems(facts: NodeFacts) -> list[Problem]:
    absent = [name for name in ("rootlesskit", "newuidmap", "newgidmap") if facts.program(name) is None]
    if facts.program("slirp4netns", "pasta") is None:
        absent.append("slirp4netns or pasta")
    if not absent:
        return []
    return [
        Problem(
            "rootless-program-missing",
            f"Isolation rootless needs {', '.join(absent)}, not found in {':'.join(facts.search_path)}.",
            "Install them (Debian and Ubuntu: rootlesskit, uidmap, slirp4netns, passt).",
        )
    ]


def _sub_id_problems(facts: NodeFacts) -> list[Problem]:
    process = facts.process
    problems = []
    for file, entries in (("/etc/subuid", process.sub_uids), ("/etc/subgid", process.sub_gids)):
        count = sub_id_count(entries, process.user, process.uid)
        if count < IDS_PER_TENANT:
            problems.append(
                Problem(
                    "sub-ids-missing",
                    f"{process.user} (uid {process.uid}) has {count} ids in {file}; an engine needs {IDS_PER_TENANT}.",
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
