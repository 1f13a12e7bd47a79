"""Manifests: what the injector cannot change safely, and rendered workloads that would not work."""

from dinp.knowledge.failure import Failure

INJECTOR = (
    Failure(
        "input-unreadable",
        "A file cannot be read",
        "It is missing, may not be read by this user, or is no UTF-8 text.",
        "Name a readable file, or - for standard input.",
    ),
    Failure(
        "manifest-syntax",
        "The manifest is not valid YAML",
        "Templates (Helm, Kustomize patches with placeholders, Jinja) are no YAML before they are rendered.",
        "Mend the place that is named; of a template, inject what `helm template` or the like prints.",
    ),
    Failure(
        "manifest-not-editable",
        "The manifest's layout does not allow the change",
        "An anchor, an alias or a merge key stands where something has to be changed: a change there would change"
        " other places too. Or the file stops within a block of text.",
        "Write the value out where it is meant, and end the file's last line.",
    ),
    Failure(
        "inject-wrong-type",
        "Something in the manifest has a type that Kubernetes does not take there",
        "A mapping where a list is expected (`env: {A: b}`), a number where text is (`name: 5`), an item that is empty."
        " The API server refuses such an object too; nothing can be added to it safely.",
        "Write it in the way that the sentence shows.",
    ),
    Failure(
        "inject-mounted-twice",
        "A container mounts two volumes at one place",
        "Kubernetes compares mount paths as text, so /data and /data/ both pass; the later one hides the other.",
        "Keep one of the two mounts.",
    ),
    Failure(
        "inject-no-containers",
        "The pod has no containers",
        "There is nothing that could use an engine.",
        "Name at least one container.",
    ),
    Failure(
        "inject-container-name",
        "A container has no name, or not one of its own",
        "Changes are noted by container, so that they can be taken back.",
        "Give each container a name of its own; Kubernetes asks for it too.",
    ),
    Failure(
        "inject-name-taken",
        "A container or volume of the pod is called as one of dinp's",
        "Two of a name are refused by Kubernetes, and eject could not tell them apart.",
        "Give it another name.",
    ),
    Failure(
        "inject-own-engine",
        "The pod runs a Docker engine of its own",
        "With two engines in a pod it depends on DOCKER_HOST which one a client finds.",
        "Remove the other engine's container and its clients' DOCKER_HOST, or leave the pod alone with the annotation"
        ' dinp.dev/inject: "false".',
    ),
    Failure(
        "inject-path-taken",
        "A container has a volume where dinp mounts its own",
        "/run/dinp is the directory that the agent shares with its clients, /run/dinp-tls has their"
        " certificates, /run/dinp-credentials logins.",
        "Mount that volume elsewhere.",
    ),
    Failure(
        "inject-read-only-place",
        "A container only reads the volume in which dinp's would be mounted",
        "Below a volume at /run, /var/run or / a runtime makes mount points in that volume: it cannot where the"
        " container only reads it (`readOnly`, a ConfigMap, a Secret …), and the container does not start.",
        "Mount that volume elsewhere, or without readOnly. The node's own /run is no obstacle: it becomes a volume of"
        " the pod, to which the container may write.",
    ),
    Failure(
        "inject-socket-part",
        "A container mounts a part of the host's socket",
        "A socket is a file and has no parts: with subPath such a pod does not start on a node with Docker either.",
        "Remove subPath from that mount.",
    ),
    Failure(
        "inject-too-early",
        "An init container needs an engine that starts after it",
        "Kubernetes runs init containers to their end before it starts any plain container. A native sidecar is the"
        " first of the init containers instead.",
        "Choose form: native.",
    ),
    Failure(
        "inject-host-pid",
        "The pod uses the node's process ids",
        "Its containers see every process of the node, engines included, and a privileged agent could be reached"
        " through them.",
        "Remove hostPID, or leave this pod alone.",
    ),
    Failure(
        "inject-windows",
        "The pod runs on Windows",
        "The agent and its engines are Linux programs.",
        "Choose Linux nodes, or give the pod a remote engine.",
    ),
    Failure(
        "inject-host-network",
        "The pod is on the node's network",
        "An engine gets a link, firewall rules, and forwarding where it was off. In a pod's own network they end with"
        " the pod, however it ends. With hostNetwork they would be the node's, and kubelet kills an agent whose clients"
        " have used up the grace period: the node would forward for good, and accept what the rules let through. Every"
        " process of the node could command an engine at a TCP port, too.",
        "Remove hostNetwork: what containers publish answers at the pod's address. Or leave this pod alone.",
    ),
    Failure(
        "inject-no-user-namespace",
        "The pod rules out the user namespace that a rootless engine needs",
        "Without `privileged`, Kubernetes grants an unmasked /proc only to pods with hostUsers: false, and those may"
        " not use the node's network, processes or IPC.",
        "Remove those fields. Of a pod without hostNetwork, engine.isolation: userns asks nothing of that.",
        sources=("https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/",),
    ),
    Failure(
        "inject-user-namespace",
        "The pod's user namespace rules out an agent that is root",
        "With `hostUsers: false` the agent's root owns neither the node's control groups, without which a container"
        " starts on cgroup v2 only, nor the pod's volumes, whose owners it can therefore not show to an engine"
        " with ids of its own (idmapped mounts); with `rootful` it cannot mount a /proc of the engine's own.",
        "Choose engine.isolation: rootless, whose pods have hostUsers: false anyway; or remove hostUsers from the pod.",
        sources=(
            "https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/",
            "mount_setattr(2)",
            "mount_namespaces(7)",
        ),
    ),
    Failure(
        "inject-fs-group",
        "The pod's fsGroup does not fit an engine whose state is on a claim",
        "kubelet gives a volume to the pod's fsGroup. Without one, a rootless agent may not write to a volume that is"
        " root's; and without `fsGroupChangePolicy: OnRootMismatch` every file below it changes its group and becomes"
        " writable for it each time a pod starts, those of images and containers too.",
        "Say both in the pod's securityContext: an fsGroup, and fsGroupChangePolicy: OnRootMismatch.",
        sources=("https://kubernetes.io/docs/tasks/configure-pod-container/security-context/",),
    ),
    Failure(
        "job-never-ends",
        "A Job with a plain container as agent never ends",
        "A Job is complete when all of its containers have ended, and an agent does not end by itself. Kubernetes ends"
        " native sidecars when the other containers are done.",
        "Choose form: native.",
        sources=("https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/",),
    ),
    Failure(
        "eject-record",
        "What was injected cannot be recognised",
        "The annotation dinp.dev/injected tells what was there before; it was changed, or written by another version.",
        "Eject with the version of dinp that injected.",
    ),
)
