"""Data directories, storage drivers, disks."""

from dinp.knowledge.failure import Failure, Severity

STORAGE = (
    Failure(
        "data-root-shared",
        "Two engines use the same data directory",
        "An engine must have its data directory (/var/lib/docker) for itself: its containerd opens its database with an"
        " exclusive lock and waits for it for as long as another engine holds it, or finds the file replaced under its"
        " hands. A hostPath or a shared volume under several replicas, or the node's own /var/lib/docker, do this.",
        "Give each engine a directory of its own: dinp keeps one per tenant below state_dir. In manifests: an emptyDir,"
        " or a volume per replica (StatefulSet), and one replica with strategy Recreate where a volume must be kept.",
        patterns=(
            # Stuck between opening its database and being ready: it waits for the lock of bolt's file.
            r"metadata content store policy set(?:(?!successfully booted)[\s\S])*?timeout waiting for containerd",
            r"meta\.db: bad file descriptor",
            r"error creating temporary lease:.*(bad file descriptor|read-only file system)",
            r"error while opening volume store metadata database.*timeout",
        ),
        sources=("https://github.com/moby/moby/issues/40196", "https://github.com/moby/moby/issues/42336"),
    ),
    Failure(
        "containerd-start-timeout",
        "The engine's containerd did not become ready in time",
        "dockerd starts a containerd of its own and waits 15 seconds for it. A lock that somebody else holds, a very"
        " slow disk or a processor limit that is far too low make it miss that.",
        "Look at the cause that is told with it; else give the engine a local disk and at least one processor.",
        patterns=(r"timeout waiting for containerd to start", r"failed to start containerd: timeout"),
        depends_on=("data-root-shared", "disk-full"),
        sources=("https://github.com/actions/actions-runner-controller/issues/847",),
    ),
    Failure(
        "storage-fallback",
        "The engine could not use overlay and copies whole images instead",
        "overlay was refused on the data directory, which then lies on a file system that cannot carry it (another"
        " overlay: a container's root file system; a network file system), or in a user namespace of a kernel before"
        " 5.11. The engine goes on with vfs or native: every layer is a full copy, ten times the disk and the time.",
        "Mount a volume at the data directory (an emptyDir, a hostPath or a persistent volume on ext4, xfs or btrfs)."
        " dinp tries overlay before it starts an engine and refuses instead of falling back.",
        Severity.WARNING,
        patterns=(
            r"failed to mount overlay: .*storage-driver=overlay",
            r"Failed to built-in GetDriver graph \w+",
            r"storage-driver=vfs",
            r"\[graphdriver\] using prior storage driver: vfs",
        ),
        depends_on=("data-root-shared",),
        sources=("https://github.com/cri-o/cri-o/issues/6157", "https://docs.docker.com/engine/storage/drivers/"),
    ),
    Failure(
        "overlay-refused",
        "The kernel refused overlay on the state directory",
        "A trial mount below the state directory failed. Without overlay an engine would copy whole images.",
        "Put state_dir on a local ext4, xfs (with ftype=1) or btrfs disk, or install fuse-overlayfs and give the agent"
        " /dev/fuse.",
        patterns=(
            r"error initializing graphdriver: (driver not supported|overlay2)",
            r"The kernel refused an overlay below",
        ),
        sources=("Linux Documentation/filesystems/overlayfs.rst",),
    ),
    Failure(
        "state-dir-on-overlay",
        "The state directory lies in a container's own root file system",
        "A container's root is itself an overlay, and overlay cannot be the written layer of overlay.",
        "Mount a volume at state_dir: an emptyDir, a hostPath or a persistent volume.",
        patterns=(r"lies on overlay, the root file system of a container",),
        sources=("Linux Documentation/filesystems/overlayfs.rst",),
    ),
    Failure(
        "state-dir-file-system",
        "The state directory's file system cannot carry images",
        "overlay needs whiteouts, trusted or user extended attributes and directory entry types from the file system"
        " below it. Network and FUSE file systems lack some of them.",
        "Put state_dir on a local disk (ext4, xfs or btrfs). Share images through a registry, not a network disk.",
        patterns=(r"overlay cannot keep images", r"overlayfs: (upper|filesystem on).*not supported"),
        sources=("https://github.com/moby/moby/issues/35483",),
    ),
    Failure(
        "kernel-too-old",
        "The kernel cannot mount overlay in a user namespace",
        "Overlay inside a user namespace came with Linux 5.11 (some distributions had it earlier).",
        "Use a newer kernel, or install fuse-overlayfs and give the agent /dev/fuse.",
        sources=("Linux 459c7c565ac3 (v5.11)",),
    ),
    Failure(
        "fuse-overlayfs-missing",
        "fuse-overlayfs was asked for, but is not complete here",
        "The storage driver fuse-overlayfs needs the program of that name and the device /dev/fuse.",
        "Install fuse-overlayfs and give the agent /dev/fuse, or leave engine.storage_driver out.",
        patterns=(r"error initializing graphdriver: fuse-overlayfs",),
        sources=("https://github.com/containers/fuse-overlayfs",),
    ),
    Failure(
        "disk-full",
        "The disk is full",
        "Images, layers, volumes and build cache fill the file system of the data directory: no engine removes them by"
        " itself, except for BuildKit's own cache.",
        "Free space (docker system prune -af --volumes in that tenant), give the state directory a larger disk, or set"
        " engine.limits.disk.",
        patterns=(r"[Nn]o space left on device", r"disk quota exceeded"),
        sources=("https://docs.docker.com/build/cache/garbage-collection/",),
    ),
    Failure(
        "disk-limit",
        "A tenant has used up its limit of disk",
        "The engine's images, containers, volumes and build cache reached engine.limits.disk. In a sidecar that is a"
        " tenth below the emptyDir's sizeLimit, at which kubelet evicts the whole pod. Build cache and images without a"
        " name had been removed before; what was left could only be stopped from growing by ending the engine.",
        "Raise engine.limits.disk (in a pod storage.size), or pull and build less in one job.",
        patterns=(r"MiB of disk, of \d+ MiB that it may, and was ended",),
        sources=("https://kubernetes.io/docs/concepts/storage/volumes/#emptydir",),
    ),
    Failure(
        "state-in-use",
        "Another agent uses this state directory",
        "One agent owns a state directory with everything below it, and holds a lock on it while it runs.",
        "Stop the other agent, or give this one another state_dir.",
        patterns=(r"belongs to a running agent",),
    ),
    Failure(
        "state-not-writable",
        "The state directory is not the agent's to write to",
        "A rootless agent is an ordinary user, and a directory that somebody else has made, such as a new volume in a"
        " cluster, is root's; or it is on a file system that is read-only, as a container's own may be.",
        "Give the directory to the agent's user or to a group of it (in a pod by fsGroup), or name another state_dir.",
        sources=("https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",),
    ),
    Failure(
        "state-damaged",
        "A file of the state directory cannot be read",
        "Which ids a tenant has is written down once: files of its images and volumes belong to them. The file was cut"
        " short, by a full disk or a machine that lost its power, or somebody has edited it.",
        "Write the owner of the tenant's data directory into it, or remove the tenant's directory with its cache.",
    ),
    Failure(
        "workspace-not-free",
        "A directory cannot be a workspace, because something of the engine's or of dinp's is there",
        "A workspace is at the same path in the engine's own tree as on the machine. At, above or below the engine's"
        " data, its programs and its sockets it would cover them, so that the engine would use the machine's own, such"
        " as another Docker's data; and where dinp keeps its state, an engine would see what belongs to others.",
        "Name the directory of a project or of a job, not one of the system.",
    ),
    Failure(
        "workspace-not-shiftable",
        "A workspace cannot be shown to the engine with its owners",
        "An engine in a user namespace sees a workspace through an idmapped mount, which the file system must support:"
        " ext4, xfs, btrfs, tmpfs and others do, overlay as a container's root and NFS do not. What is mounted below"
        " the workspace comes along, and must support it too. Only the tenant that has the workspace is refused; where"
        " nobody asked for it, because it is merely the current directory of `dinp run`, the engine sees it all the"
        " same, but its files belong to nobody there: containers may read and write what anybody may.",
        "Make the workspace a volume (in a pod: an emptyDir) on one of these file systems; take off what is mounted"
        " below it.",
        sources=("mount_setattr(2)",),
    ),
    Failure(
        "workspace-missing",
        "A workspace is not there",
        "A directory of the tenant's workspaces does not exist where the agent runs.",
        "Make the directory before the agent starts; in a pod mount the volume in the agent's container too.",
    ),
    Failure(
        "bind-source-invisible",
        "A container was to see a directory that its engine cannot see",
        "The source of a bind mount (`-v`, compose volumes, a Jenkins `docker.image().inside`) is looked up by the"
        " engine, not by the client. This one is not shared with the engine.",
        "Add the directory to the tenant's workspaces, so that it is at the same path on both sides.",
        patterns=(
            r"error while creating mount source path '[^']+': mkdir \S+: (permission denied|read-only file system)",
            r"bind source path does not exist: ",
        ),
        sources=("https://github.com/actions/actions-runner-controller/issues/32",),
    ),
)
