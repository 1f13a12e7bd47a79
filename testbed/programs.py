"""The bed's programs: where each comes from, and `.cluster/bin`, where all lie under the names they are called by.

Kubernetes, CoreDNS, the volume driver and the pause container are Go modules of ours below testbed/programs, each with
its versions pinned in go.mod; containerd and runc are those that dinp's newest engine is tested with; etcd, the
registry and the CNI plugins come from the distribution (`python3 -m tools.provision --for cluster`).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from testbed.bed import Say
from testbed.layout import Layout
from tools.provision import go_table
from tools.provision.cache import Cache
from tools.provision.go_programs import GoProgram, go_program
from tools.provision.refusal import RefusalError

KUBERNETES_VERSION = "v1.36.3"
MODULES = Path(__file__).parent / "programs"


def of_ours(name: str, module: str, version: str, ldflags: str = "") -> GoProgram:
    """A Go module of testbed/programs."""
    return GoProgram(
        name,
        f"dinp.invalid/testbed/{module}",
        version,
        package=".",
        own_module=MODULES / module,
        ldflags=f"-s -w {ldflags}",
    )


KUBERNETES = of_ours(
    "kubernetes", "kube", KUBERNETES_VERSION, f"-X k8s.io/component-base/version.gitVersion={KUBERNETES_VERSION}"
)
DNS = of_ours("coredns", "dns", "v1.14.7")
VOLUMES = of_ours("bed-volumes", "volumes", "v1")
PAUSE = of_ours("pause", "pause", "v1")
RUNTIME = (go_table.CONTAINERD_DAEMON, go_table.CONTAINERD_SHIM, go_table.CTR, go_table.RUNC)
CALLED_KUBERNETES = (
    "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kubectl",
)  # fmt: skip
PACKAGED = ("etcd", "docker-registry")
CNI_PLUGINS = ("ptp", "host-local", "portmap", "loopback")


def install(layout: Layout, environment: Mapping[str, str], say: Say) -> None:
    """Compile what is not in the cache yet, and lay everything out in `.cluster/bin`. Raises RefusalError."""
    cache = Cache.of(environment)
    compiled = {one.name: go_program(one, cache, say=say) for one in (*RUNTIME, KUBERNETES, DNS, VOLUMES, PAUSE)}
    packaged = {name: _on_path(name) for name in PACKAGED}
    plugins = {f"cni/{name}": _plugin(name, environment) for name in CNI_PLUGINS}
    for name, source in {**compiled, **packaged, **plugins}.items():
        place(source, layout.bin / name)
    for name in CALLED_KUBERNETES:
        link = layout.bin / name
        if not link.is_symlink():
            link.unlink(missing_ok=True)
            link.symlink_to(KUBERNETES.name)


def place(source: Path, target: Path) -> None:
    """Make `target` the same file as `source`: a hard link, or a copy where that cannot be."""
    if target.exists() and _same(source, target):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        os.link(source.resolve(), target)
    except OSError:
        shutil.copy2(source, target)


def _same(source: Path, target: Path) -> bool:
    left, right = source.stat(), target.stat()
    return os.path.samestat(left, right) or (left.st_size == right.st_size and left.st_mtime == right.st_mtime)


def _on_path(name: str) -> Path:
    found = shutil.which(name)
    if found is None:
        raise RefusalError(
            f"{name} is not there.", "`make cluster` provides it, or: python3 -m tools.provision --for cluster"
        )
    return Path(found)


def _plugin(name: str, environment: Mapping[str, str]) -> Path:
    found = Path(environment.get("DINP_CNI_PLUGINS") or "/usr/lib/cni") / name
    if not found.exists():
        raise RefusalError(
            f"the CNI plugin {name} is not in {found.parent}.",
            '`make cluster` provides it, or: eval "$(python3 -m tools.provision --print-env cluster)"',
        )
    return found
