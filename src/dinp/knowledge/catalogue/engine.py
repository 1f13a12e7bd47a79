"""The engine's programs, its control groups, its end; and what clients say when they do not find it."""

from dinp.knowledge.failure import Failure, Severity

ENGINE = (
    Failure(
        "program-missing",
        "A program of the engine is missing",
        "An engine is dockerd with containerd, its shim and runc. They are looked for in engine.program_path, then in"
        " PATH, then in the usual directories.",
        "Install them (Debian and Ubuntu: docker.io; elsewhere docker, moby-engine or docker-ce), or name their"
        " directory in engine.program_path.",
        patterns=(r"exec: \"(containerd|runc|containerd-shim-runc-v2|docker-init)\": executable file not found",),
    ),
    Failure(
        "engine-too-old",
        "The engine is too old",
        "dinp starts engines in user namespaces, on cgroup v1 and v2, with sockets handed over: Docker 20.10 is the"
        " first that can do all of it.",
        "Install a newer one, or name its directory in engine.program_path.",
        sources=("https://docs.docker.com/engine/release-notes/20.10/",),
    ),
    Failure(
        "limits-impossible",
        "Limits were asked for that cannot be kept here",
        "Limits are kept by control groups, which the agent may not change here: they are mounted read-only, or nobody"
        " delegated a group to this user.",
        "Let the agent make control groups: as root, in a privileged container, or on cgroup v2 as a user by"
        " `systemd-run --user --scope dinp …`. Or remove engine.limits.",
        sources=("Linux Documentation/admin-guide/cgroup-v2.rst, Delegation",),
    ),
    Failure(
        "cgroup-read-only",
        "The engine cannot make control groups",
        "Containers need control groups below the engine's own. In a pod that is not privileged /sys/fs/cgroup is"
        " mounted read-only, and in a pod with hostUsers: false it belongs to somebody else.",
        "Let dinp's agent start the engine: it delegates groups. By hand: a privileged container, or a RuntimeClass"
        " with containerd's cgroup_writable (2.1 and newer).",
        patterns=(
            r"/sys/fs/cgroup\S*: (read-only file system|permission denied)",
            r"mkdir /sys/fs/cgroup\S*: (read-only file system|permission denied)",
            r"sed: write error",
        ),
        sources=("https://github.com/moby/moby/issues/45378", "https://github.com/docker-library/docker/issues/495"),
    ),
    Failure(
        "out-of-memory",
        "The memory limit was reached",
        "The kernel killed a process because its control group, or the machine, had no memory left. With"
        " memory.oom.group set, as kubelet does for containers, it kills the whole engine at once.",
        "Raise engine.limits.memory (or the pod's limit), or give the build less to do at once.",
        patterns=(
            r"Memory cgroup out of memory: Killed process",
            r"OOMKilled",
            r"\b(exit code|code|status):? 137\b",
            r"oom-kill:constraint=CONSTRAINT_MEMCG",
        ),
        sources=("Linux Documentation/admin-guide/cgroup-v2.rst, memory.oom.group",),
    ),
    Failure(
        "too-many-processes",
        "The limit of processes was reached",
        "A program could not fork or start a thread: pids.max of its control group, or the node's pid limit for pods.",
        "Raise engine.limits.pids, or kubelet's podPidsLimit.",
        patterns=(
            r"fork: (retry: )?Resource temporarily unavailable",
            r"pthread_create failed: Resource temporarily unavailable",
            r"runtime: failed to create new OS thread",
        ),
        sources=("https://kubernetes.io/docs/concepts/policy/pid-limiting/",),
    ),
    Failure(
        "inotify-exhausted",
        "The node has no inotify instances left",
        "fs.inotify.max_user_instances counts per user id; many engines of one id use up its 128.",
        "On the node: sysctl -w fs.inotify.max_user_instances=8192.",
        patterns=(r"inotify_init\S*: too many open files", r"[Tt]oo many open files.*(inotify|fsnotify|watcher)"),
        sources=("inotify(7)",),
    ),
    Failure(
        "engine-launch-refused",
        "An engine could not be started",
        "A step of the launch was refused by the kernel: the sentence names it.",
        "Look at `dinp preflight`: it shows what this machine allows and why.",
        depends_on=("capability-missing", "user-namespace-refused", "max-user-namespaces"),
    ),
    Failure(
        "engine-exited",
        "An engine ended by itself",
        "The engine's program ended without being asked to, for a reason that the catalogue does not know.",
        "Read its last lines in the agent's log; the socket stays, and the next connection starts it again.",
    ),
    Failure(
        "stale-pid-file",
        "A pid file of an earlier engine is in the way",
        "dockerd writes its process id into a file below /run and refuses to start while that number is in use. On a"
        " volume the file outlives the container, and small numbers are soon used again.",
        "Keep /run off volumes. dinp gives each engine a fresh /run.",
        patterns=(r"process with PID \d+ is still running", r"pid file found, ensure docker is not running"),
        sources=("https://github.com/docker-library/docker/issues/104",),
    ),
    Failure(
        "client-too-old",
        "The client is older than the engine accepts",
        "Docker 29 accepts API 1.44 and newer (1.40 since 29.3); older clients and libraries ask for less.",
        "Use a newer client or library, or set DOCKER_MIN_API_VERSION=1.24 for the engine.",
        patterns=(r"client version \S+ is too old\. Minimum supported API version is",),
        sources=("https://docs.docker.com/engine/release-notes/29/",),
    ),
    Failure(
        "daemon-not-reachable",
        "The client did not find an engine",
        "Nothing listens where the client looks: DOCKER_HOST names another place, the engine has not bound its socket"
        " yet, or it has ended.",
        "Look at DOCKER_HOST (`dinp env` prints the right one). With dinp's agent the socket is there before any"
        " engine, so a client never comes too early.",
        patterns=(
            r"Cannot connect to the Docker daemon at",
            r"cannot connect to the Docker daemon",
            r"dial unix \S+: connect: (no such file or directory|connection refused)",
        ),
        depends_on=("data-root-shared", "containerd-start-timeout", "disk-full", "iptables-failed", "tls-mismatch"),
        sources=("https://github.com/docker-library/docker/issues/396",),
    ),
    Failure(
        "tls-mismatch",
        "One side speaks TLS and the other does not",
        "The port and DOCKER_TLS_VERIFY of the client do not match the engine: 2376 with TLS, 2375 without.",
        "Set DOCKER_HOST, DOCKER_TLS_VERIFY and DOCKER_CERT_PATH together, as `dinp env` prints them.",
        patterns=(
            r"Client sent an HTTP request to an HTTPS server",
            r"http: server gave HTTP response to HTTPS client.*docker daemon",
            r"tls: first record does not look like a TLS handshake",
        ),
        sources=("https://docs.docker.com/engine/security/protect-access/",),
    ),
    Failure(
        "socket-permission",
        "The client may not use the socket",
        "The socket belongs to another user and group than the client has.",
        "Set group (or owner and mode) of the tenant in the agent's configuration to one that the client has; in a pod"
        " the client's fsGroup or supplementalGroups.",
        patterns=(
            r"permission denied while trying to connect to the Docker (daemon|API)",
            r"dial unix \S+: connect: permission denied",
        ),
    ),
    Failure(
        "exec-format",
        "A program of another processor architecture was started",
        "The image is for another architecture than the node, and no emulator is registered where it runs.",
        "Build or pull for the node's architecture (--platform), or ask for an emulator (engine.emulation: [arm64])."
        " One that is registered by hand (docker run --privileged --rm tonistiigi/binfmt --install all) is the tenant's"
        " own, too.",
        patterns=(r"exec format error", r"exec user process caused: exec format error"),
        sources=("Linux Documentation/admin-guide/binfmt-misc.rst",),
    ),
    Failure(
        "emulation-not-apart",
        "This kind of isolation keeps no emulators apart",
        "A rootless engine's namespaces are made by rootlesskit, and a rootful engine has the machine's own table of"
        " binary formats: what is registered there holds for every program of the machine.",
        "Leave engine.isolation out: where the agent is root it is userns.",
    ),
    Failure(
        "emulation-kernel",
        "The kernel has one table of binary formats for everybody",
        "Since Linux 6.7 a user namespace can have a table of its own. Before, an emulator could only be registered"
        " for the whole node.",
        "Run on nodes with Linux 6.7 or newer, or register emulators on the node and leave engine.emulation out.",
        sources=("Linux 21ca59b365c0, released with 6.7",),
    ),
    Failure(
        "emulator-missing",
        "An emulator is not installed where the agent runs",
        "engine.emulation names an architecture whose static QEMU is not beside the engine.",
        "Debian and Ubuntu: qemu-user-static. The image that `make image` makes has those for amd64 and arm64.",
    ),
    Failure(
        "containerd-connecting",
        "A harmless warning: gRPC tries to reach containerd again",
        "dockerd starts containerd and connects to it at once; until containerd listens, gRPC notes each attempt.",
        "Nothing, when it starts in the end: look at the last lines for the real cause.",
        Severity.NOTE,
        patterns=(r"addrConn\.createTransport failed to connect to \{unix://\S*containerd\.sock",),
        depends_on=("containerd-start-timeout",),
    ),
)
