"""`up`: everything in order, each step waiting for the one it needs; whatever goes wrong, nothing is left behind."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor

from testbed import down, host_ports, network, node, pki, programs
from testbed.api import Api
from testbed.bed import Bed, Say
from testbed.components import coredns, etcd, kube_apiserver, kube_controller_manager, kube_scheduler, registry, volumes
from testbed.images.build import BuiltImages, built_images
from testbed.layout import Layout
from testbed.machine.handle import boot
from testbed.plan import CONTROL, NODES


def up(layout: Layout, say: Say) -> None:
    """Bring the bed up. Raises NotReadyError naming what did not; then, and on Ctrl-C, the bed is gone again."""
    programs.install(layout, os.environ, say)
    built = built_images(layout, os.environ, say)
    down.remove_all(layout, say)
    try:
        bring_up(layout, built, say)
    except BaseException as reason:
        say("taking the bed away again")
        # After Ctrl-C nobody asks why; after a failure the logs are the answer.
        down.remove_all(layout, say, keep_logs=not isinstance(reason, KeyboardInterrupt))
        raise


def bring_up(layout: Layout, images: BuiltImages, say: Say) -> None:
    """The order of things."""
    started = time.monotonic()

    def step(text: str) -> None:
        say(f"[{time.monotonic() - started:5.1f} s] {text}")

    for folder in (layout.state, layout.run, layout.logs, layout.pki, layout.cluster):
        folder.mkdir(parents=True, exist_ok=True)
    layout.state.chmod(0o700)
    ca = pki.authority("dinp-bed")
    ca.write(layout.pki, "ca")
    bed = Bed(layout, step, ca)
    step("control machine, etcd")
    control = boot(CONTROL.name, layout, {images.storage: registry.FROM_CACHE})
    network.make_bridge(control)
    etcd.start(bed, control)
    step("registry")
    registry.start(bed, control, images)
    step("kube-apiserver")
    kube_apiserver.start(bed, control)
    step("kube-controller-manager, kube-scheduler")
    controllers = kube_controller_manager.start(bed, control)
    scheduler = kube_scheduler.start(bed, control)
    api = Api(control, kube_apiserver.client_tls(bed))
    ports = host_ports.open_all(layout, control)
    admin = pki.KeyPair.read(layout.pki, "admin")
    layout.kubeconfig.write_text(pki.kubeconfig(f"https://127.0.0.1:{ports['api']}", ca, admin))
    layout.kubeconfig.chmod(0o600)
    step(f"nodes: {', '.join(one.name for one in NODES)}")
    for one in NODES:
        node.configure(bed, one)
    with ThreadPoolExecutor(len(NODES)) as threads:
        nodes = list(threads.map(lambda one: node.bring_up(bed, control, one), NODES))
    kube_controller_manager.wait(control, controllers)
    kube_scheduler.wait(control, scheduler)
    node.wait_for_ready(api, NODES, [daemon for _, daemons in nodes for daemon in daemons])
    step("cluster DNS, volumes")
    coredns.start(api)
    volumes.start(api)
    coredns.wait(api)
    volumes.wait(api)
    step(f"ready: export KUBECONFIG={layout.kubeconfig}")
