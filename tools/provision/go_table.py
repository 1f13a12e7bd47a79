"""The Go programs that dinp itself is run and tested with, each pinned, each with the reason for its version.

A new version is a change of one line here: the cache keeps old and new apart.
"""

from __future__ import annotations

from pathlib import Path

from tools.provision.go_programs import GoProgram

MOBY = "github.com/moby/moby/v2"
MOBY_VERSION = "v2.0.0-beta.24"
CONTAINERD = "github.com/containerd/containerd/v2"
CONTAINERD_VERSION = "v2.3.4"
ROOTLESSKIT = "github.com/rootless-containers/rootlesskit/v3"
ROOTLESSKIT_VERSION = "v3.1.0"

BUILDKIT = "github.com/moby/buildkit"
BUILDKIT_VERSION = "v0.32.2"

DOCKER_29 = "29.8.0"
"""What dockerd 29 calls itself. Docker 29.x is cut from the moby v2 betas; the Dockerfile of this beta pairs it with
version 29.8.0 of the docker command line. Clients compare this as a number, and `library-import` is none."""

CONTAINERD_FLAGS = (
    f"-X {CONTAINERD}/version.Version={CONTAINERD_VERSION} -X {CONTAINERD}/version.Revision={CONTAINERD_VERSION}"
)
"""Without them it calls itself 2.3.4+unknown, and `docker info` shows no version at all."""

STATIC = "-linkmode external -extldflags -static"
"""For cgo: an engine folder also has to work where only that folder is mounted, whatever libc is around it."""

DOCKERD = GoProgram(
    "dockerd", MOBY, MOBY_VERSION, package=f"{MOBY}/cmd/dockerd", cgo=True,
    tags=("netgo", "osusergo", "static_build", "nri_no_wasm", "exclude_graphdriver_btrfs"),
    ldflags=f"{STATIC} -X {MOBY}/dockerversion.Version={DOCKER_29} -X {MOBY}/dockerversion.GitCommit={MOBY_VERSION}"
    f" -X {MOBY}/dockerversion.BuildTime=unknown",
    reason="The current engine (API 1.56, containerd's image store). No distribution has it; tags as upstream's static "
    "build has them, without btrfs, which needs headers of its own. cgo: without it there are no project quotas.",
)  # fmt: skip
DOCKER_PROXY = GoProgram(
    "docker-proxy", MOBY, MOBY_VERSION, package=f"{MOBY}/cmd/docker-proxy",
    reason="dockerd 29 starts it with -use-listen-fd, which the docker-proxy of 20.10 does not know.",
)  # fmt: skip
CONTAINERD_DAEMON = GoProgram(
    "containerd", CONTAINERD, CONTAINERD_VERSION, package=f"{CONTAINERD}/cmd/containerd", tags=("urfave_cli_no_docs",),
    ldflags=CONTAINERD_FLAGS, installed=("--version",),
    reason="The line that dockerd 29 is released with, and what the Kubernetes test bed runs: one build serves both.",
)  # fmt: skip
CONTAINERD_SHIM = GoProgram(
    "containerd-shim-runc-v2", CONTAINERD, CONTAINERD_VERSION, package=f"{CONTAINERD}/cmd/containerd-shim-runc-v2",
    ldflags=CONTAINERD_FLAGS, installed=("-v",),
    reason="Speaks the same shim protocol as the containerd beside it.",
)  # fmt: skip
CTR = GoProgram(
    "ctr", CONTAINERD, CONTAINERD_VERSION, package=f"{CONTAINERD}/cmd/ctr", tags=("urfave_cli_no_docs",),
    ldflags=CONTAINERD_FLAGS, installed=("--version",),
    reason="To look inside an engine's containerd, and to import images into a node of the test bed.",
)  # fmt: skip
RUNC = GoProgram(
    "runc", "github.com/opencontainers/runc", "v1.5.2", package="github.com/opencontainers/runc", cgo=True,
    tags=("seccomp", "urfave_cli_no_docs", "netgo", "osusergo"), ldflags=f"{STATIC} -X main.gitCommit=v1.5.2",
    reason="The line that containerd 2.3 is tested with. Without the seccomp tag every pod fails.",
)  # fmt: skip
BUILDX = GoProgram(
    "docker-buildx", "github.com/docker/buildx", "v0.33.0", package="github.com/docker/buildx/cmd/buildx",
    ldflags="-X github.com/docker/buildx/version.Version=v0.33.0",
    reason="`docker build` with BuildKit. The newest that is an ordinary module (0.38 is not to be had as one).",
)  # fmt: skip
COMPOSE = GoProgram(
    "docker-compose", "github.com/docker/compose/v5", "v5.1.0", package="github.com/docker/compose/v5/cmd",
    ldflags="-X github.com/docker/compose/v5/internal.Version=v5.1.0",
    own_module=Path(__file__).parent / "go" / "compose",
    reason="`docker compose`. Its exclude directives forbid `go install`; 5.7 wants a newer Go than 1.26.",
)  # fmt: skip
_BUILDKIT_MODULE = Path(__file__).parent / "go" / "buildkit"
_BUILDKIT_FLAGS = f"-X {BUILDKIT}/version.Version={BUILDKIT_VERSION} -X {BUILDKIT}/version.Revision={BUILDKIT_VERSION}"
BUILDKITD = GoProgram(
    "buildkitd", BUILDKIT, BUILDKIT_VERSION, package=f"{BUILDKIT}/cmd/buildkitd", ldflags=_BUILDKIT_FLAGS,
    tags=("seccomp", "osusergo", "netgo"), own_module=_BUILDKIT_MODULE,
    reason="The engine kind `buildkitd`. No distribution has it; its replace directives forbid `go install`, and 0.34 "
    "lacks a part. Without the seccomp tag build steps run without a profile.",
)  # fmt: skip
BUILDCTL = GoProgram(
    "buildctl", BUILDKIT, BUILDKIT_VERSION, package=f"{BUILDKIT}/cmd/buildctl", ldflags=_BUILDKIT_FLAGS,
    own_module=_BUILDKIT_MODULE,
    reason="buildkitd's own client, of the same version.",
)  # fmt: skip
ROOTLESSKIT_PARENT = GoProgram(
    "rootlesskit", ROOTLESSKIT, ROOTLESSKIT_VERSION, package=f"{ROOTLESSKIT}/cmd/rootlesskit", installed=("--version",),
    reason="Debian's 1.1.0 cannot use pasta; this one can, and passes sockets on.",
)  # fmt: skip
ROOTLESSCTL = GoProgram(
    "rootlessctl", ROOTLESSKIT, ROOTLESSKIT_VERSION, package=f"{ROOTLESSKIT}/cmd/rootlessctl",
    reason="Adds and removes published ports of a running rootlesskit.",
)  # fmt: skip
ROOTLESSKIT_PROXY = GoProgram(
    "rootlesskit-docker-proxy", ROOTLESSKIT, ROOTLESSKIT_VERSION,
    package=f"{ROOTLESSKIT}/cmd/rootlesskit-docker-proxy",
    reason="dockerd 20.10 in rootlesskit publishes its ports through it.",
)  # fmt: skip
CI_PODS = GoProgram(
    "ci-pods", "dinp/tests/pipelines", "v1", package=".",
    own_module=Path(__file__).parents[2] / "tests" / "pipelines" / "go",
    reason="Tekton, Argo and ARC are Go modules: their own code says what they make of what `dinp pipeline` prints.",
)  # fmt: skip
