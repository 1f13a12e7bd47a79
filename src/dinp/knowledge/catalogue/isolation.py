"""User namespaces, capabilities, devices: what an engine needs before it can start at all."""

from dinp.knowledge.failure import Failure, Severity

ISOLATION = (
    Failure(
        "max-user-namespaces",
        "User namespaces are switched off on this node",
        "The kernel setting user.max_user_namespaces is 0 or too small, so no user namespace can be made: neither a"
        " rootless engine nor one in a tenant's user namespace can start. CentOS and RHEL 7 and some hardened nodes"
        " ship it so; some managed nodes fix it at 0.",
        "On the node: sysctl -w user.max_user_namespaces=28633, and the same line in /etc/sysctl.d/99-userns.conf."
        " It is a setting of the node: no setting of the pod can replace it.",
        patterns=(
            r"need 'user\.max_user_namespaces'",
            r"user\.max_user_namespaces is 0",
            r"(unshare|clone|fork/exec).*no space left on device",
        ),
        sources=("https://docs.docker.com/engine/security/rootless/", "user_namespaces(7)"),
    ),
    Failure(
        "no-tun",
        "The network device /dev/net/tun is missing",
        "A rootless engine's network (slirp4netns, pasta, vpnkit) is a tap device, which is made through /dev/net/tun."
        " A container that is not privileged has no such device, and a node may not have loaded the module tun.",
        "On the node: modprobe tun, with mode 0666 for /dev/net/tun. In a pod: mount the node's /dev/net/tun (hostPath,"
        " type CharDevice) or give it by a device plugin; or let the agent run as root, where no tap device is needed.",
        patterns=(
            r"executing \[\[ip tuntap add name \w+ mode tap\]",
            r"open\(\"/dev/net/tun\"\)",
            r"/dev/net/tun: (No such file|no such file|Permission denied|permission denied|Operation not permitted)",
            r"/dev/net/tun cannot be opened",
        ),
        sources=("slirp4netns(1)", "https://docs.docker.com/engine/security/rootless/"),
    ),
    Failure(
        "proc-covered",
        "No new /proc can be mounted in a user namespace",
        "Every container and build step of a rootless engine gets a /proc of its own process ids. The kernel mounts one"
        " in a user namespace only where no part of the present one is covered, and container runtimes cover some"
        " (/proc/kcore, /proc/sys …) in every container that is not privileged.",
        "In a pod: procMount: Unmasked for the agent's container, which Kubernetes grants with hostUsers: false for the"
        " pod; dinp render and dinp inject write both. With docker run: --security-opt systempaths=unconfined.",
        patterns=(
            r"error mounting \"proc\" to rootfs at \"/proc\"",
            r"mount proc:/proc .*operation not permitted",
            r"stat /proc/\d+/ns/pid: no such file or directory",
            r"refuses a /proc of their own",
        ),
        sources=("user_namespaces(7)", "https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/"),
    ),
    Failure(
        "tmp-not-writable",
        "rootlesskit cannot use /tmp",
        "It puts the engine's copies of /etc and /run together in directories that it makes in /tmp, whatever TMPDIR"
        " says. Where the root file system is read-only its child fails, and the engine never answers.",
        "Give the agent's container an emptyDir at /tmp; on a machine give /tmp its mode 1777.",
        patterns=(r"creating \S+ directory under /tmp",),
        sources=("rootlesskit pkg/copyup/tmpfssymlink",),
    ),
    Failure(
        "unprivileged-userns-clone",
        "Only root may make user namespaces here",
        "kernel.unprivileged_userns_clone is 0, a setting of Debian 10, Arch's hardened kernel and others.",
        "On the node: sysctl -w kernel.unprivileged_userns_clone=1, and the same line in /etc/sysctl.d.",
        patterns=(r"kernel\.unprivileged_userns_clone is 0", r"sysctl -w kernel\.unprivileged_userns_clone=1"),
        sources=("https://docs.docker.com/engine/security/rootless/",),
    ),
    Failure(
        "apparmor-userns",
        "AppArmor takes all rights away from user namespaces that ordinary users make",
        "kernel.apparmor_restrict_unprivileged_userns is 1 (Ubuntu 23.10 and newer): a program without an AppArmor"
        " profile that says `userns` may make a user namespace, but has no capabilities in it.",
        "Install an AppArmor profile with `userns,` for rootlesskit (the package docker-ce-rootless-extras has one), or"
        " on the node: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0. An agent that is root is exempt.",
        patterns=(
            r"apparmor_restrict_unprivileged_userns",
            r"fork/exec /proc/self/exe: permission denied",
            r'apparmor="(DENIED|AUDIT)".*(userns_create|unprivileged_userns)',
        ),
        sources=("https://ubuntu.com/blog/ubuntu-23-10-restricted-unprivileged-user-namespaces",),
    ),
    Failure(
        "user-namespace-refused",
        "The kernel refused to make a user namespace",
        "A seccomp profile, an LSM or the container runtime forbids unshare(2) or clone(2) with CLONE_NEWUSER: the"
        " default seccomp profiles of Docker and containerd do, unless the container has CAP_SYS_ADMIN.",
        "Set seccompProfile: Unconfined (and AppArmor Unconfined) for the agent's container, or make it privileged.",
        patterns=(
            r"(unshare|clone)(\(CLONE_NEWUSER\))?: (Operation not permitted|operation not permitted)",
            r"refused to make a user namespace",
            r"fork/exec /proc/self/exe: operation not permitted",
        ),
        depends_on=("max-user-namespaces", "unprivileged-userns-clone", "apparmor-userns"),
        sources=("https://docs.docker.com/engine/security/seccomp/",),
    ),
    Failure(
        "sub-ids-missing",
        "The user has too few sub-ids",
        "An image uses any user and group id up to 65535, so a rootless engine maps 65536 of them from /etc/subuid and"
        " /etc/subgid. This user has no such range there, or a smaller one.",
        "As root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER, with ranges that no other line"
        " of these files has.",
        patterns=(
            r"No subuid ranges found for user",
            r"no subuid ranges found for user",
            r"could not open file /etc/subuid",
            r"has \d+ ids in /etc/sub[ug]id",
            r"newuidmap: uid range .* not allowed",
        ),
        sources=("subuid(5)", "newuidmap(1)"),
    ),
    Failure(
        "no-new-privileges",
        "The container may not gain privileges, so newuidmap cannot map ids",
        "newuidmap and newgidmap are setuid programs (or have file capabilities); with no_new_privs, which"
        " allowPrivilegeEscalation: false sets, the kernel starts them without their rights.",
        "Set allowPrivilegeEscalation: true for the agent's container. A `restricted` namespace forbids that: run the"
        " agent in a namespace of its own there (topology node or pool).",
        patterns=(r"newuidmap: write to uid_map failed: Operation not permitted", r"runs with no_new_privs"),
        sources=(
            "prctl(2), PR_SET_NO_NEW_PRIVS",
            "https://kubernetes.io/docs/concepts/security/pod-security-standards/",
        ),
    ),
    Failure(
        "capability-missing",
        "The agent lacks capabilities",
        "Making namespaces, mounts, control groups and a network takes capabilities that an ordinary container does not"
        " have, even as root.",
        "In a pod: securityContext.privileged: true for the agent's container, or the capabilities that are named."
        " Elsewhere: full root, or an ordinary user with sub-ids (rootless).",
        patterns=(r"Isolation \w+ needs CAP_", r"mount: permission denied \(are you root\?\)"),
        sources=("capabilities(7)",),
    ),
    Failure(
        "privileged-refused",
        "A rootful engine that lacks capabilities cannot start a privileged container",
        "docker run --privileged asks for every capability that the kernel knows. dockerd before 23 does so even when"
        " it lacks some itself, as in a container without CAP_SYS_RESOURCE, and the kernel refuses.",
        "Use isolation userns, where an engine has every capability in its own user namespace, or dockerd 23 or newer,"
        " or give the agent the capabilities that `dinp preflight` says it is without.",
        patterns=(r"unable to apply caps",),
        sources=("capabilities(7)", "moby oci/caps/utils.go, initCaps"),
    ),
    Failure(
        "not-root",
        "The isolation asked for takes root",
        "userns and rootful engines are set up by root; this agent is an ordinary user.",
        "Run the agent as root, or leave engine.isolation out: for an ordinary user it is rootless.",
    ),
    Failure(
        "rootless-as-root",
        "Rootless was asked for, but the agent is root",
        "rootlesskit exists for users who are not root. Root can do more for an engine: userns is stricter (each tenant"
        " has ids of its own) and faster (no user-mode network).",
        "Leave engine.isolation out, or run the agent as an ordinary user with sub-ids.",
    ),
    Failure(
        "rootless-program-missing",
        "A program that rootless engines need is missing",
        "An ordinary user's engine is started by rootlesskit, which calls newuidmap and newgidmap for the ids and"
        " slirp4netns or pasta for the network.",
        "Install them: on Debian and Ubuntu the packages rootlesskit, uidmap, slirp4netns, passt.",
        patterns=(r"exec: \"(newuidmap|newgidmap|slirp4netns|pasta|rootlesskit)\": executable file not found",),
        sources=("https://docs.docker.com/engine/security/rootless/",),
    ),
    Failure(
        "no-free-ids",
        "No range of ids is left for another tenant",
        "Each tenant gets 65536 ids that no other tenant, user or living user namespace has. Between 2^30 and 2^31"
        " there are some 16,000 such ranges; inside a user namespace (hostUsers: false) only those that it maps.",
        "Remove tenants that are gone together with their data, or run the agent outside a user namespace"
        " (hostUsers: true).",
    ),
    Failure(
        "sub-ids-not-removed",
        "Files of a rootless engine could not be removed",
        "They belong to sub-ids of the user, and only a user namespace that maps these may remove them.",
        "Look at the user's lines in /etc/subuid and /etc/subgid; as root, remove the directory by hand.",
    ),
    Failure(
        "sysfs-read-only",
        "A harmless warning: sysfs could not be mounted anew",
        "rootlesskit tries to mount a fresh sysfs and falls back to the one that is there, read-only.",
        "Nothing: look at the lines after it for the real cause.",
        Severity.NOTE,
        patterns=(r"failed to mount sysfs",),
    ),
    Failure(
        "modprobe-noise",
        "A harmless message: a container has no kernel modules of its own",
        "The image's entrypoint calls modprobe and `ip` to load modules. Inside a container there is no /lib/modules;"
        " it does not matter as long as the node has loaded them, which the line with ip_tables shows.",
        "Nothing: look at the lines after it for the real cause.",
        Severity.NOTE,
        patterns=(
            r"modprobe: can't change directory to '/lib/modules'",
            r"Device \"ip_tables\" does not exist",
            r"Running modprobe \S+.* failed with message",
        ),
        sources=("https://github.com/docker-library/docker/issues/350",),
    ),
)
