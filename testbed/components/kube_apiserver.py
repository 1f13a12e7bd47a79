"""The API server. It listens on the control machine's address; a relay brings it to the host's loopback interface."""

from __future__ import annotations

import ssl

from testbed import pki
from testbed.bed import Bed
from testbed.components import etcd
from testbed.inside import why_not_ok
from testbed.machine.handle import MachineHandle
from testbed.plan import API_PORT, API_SERVICE, CONTROL, DOMAIN, SERVICES
from testbed.waiting import wait_until_ready

NAMES = ("kubernetes", "kubernetes.default", "kubernetes.default.svc", f"kubernetes.default.svc.{DOMAIN}", "localhost")


def start(bed: Bed, control: MachineHandle) -> None:
    """Start the API server (etcd must run) and wait until it, with its roles, is ready."""
    bed.key_pair("apiserver", "kube-apiserver", names=(*NAMES, str(CONTROL.ip), str(API_SERVICE), "127.0.0.1"))
    bed.key_pair("apiserver-to-kubelet", "kube-apiserver", groups=("system:masters",))
    front_proxy = pki.authority("front-proxy")
    front_proxy.write(bed.layout.pki, "front-proxy-ca")
    pki.leaf(front_proxy, "front-proxy-client").write(bed.layout.pki, "front-proxy")
    pki.authority("service-accounts").write(bed.layout.pki, "service-accounts")
    file = bed.pki_file
    daemon = bed.start(
        control, "kube-apiserver",
        f"--etcd-servers=http://127.0.0.1:{etcd.PORT}",
        f"--bind-address={CONTROL.ip}", f"--advertise-address={CONTROL.ip}", f"--secure-port={API_PORT}",
        f"--service-cluster-ip-range={SERVICES}", "--allow-privileged=true",
        f"--tls-cert-file={file('apiserver.crt')}", f"--tls-private-key-file={file('apiserver.key')}",
        f"--client-ca-file={file('ca.crt')}",
        f"--kubelet-certificate-authority={file('ca.crt')}",
        f"--kubelet-client-certificate={file('apiserver-to-kubelet.crt')}",
        f"--kubelet-client-key={file('apiserver-to-kubelet.key')}",
        # Nodes' names are known to nobody's DNS; without this `kubectl logs` and `exec` fail.
        "--kubelet-preferred-address-types=InternalIP",
        f"--service-account-issuer=https://kubernetes.default.svc.{DOMAIN}",
        f"--service-account-key-file={file('service-accounts.crt')}",
        f"--service-account-signing-key-file={file('service-accounts.key')}",
        f"--requestheader-client-ca-file={file('front-proxy-ca.crt')}",
        "--requestheader-allowed-names=front-proxy-client",
        "--requestheader-username-headers=X-Remote-User", "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        f"--proxy-client-cert-file={file('front-proxy.crt')}", f"--proxy-client-key-file={file('front-proxy.key')}",
        # The control machine runs no kube-proxy: webhooks and aggregated APIs are reached by their pods' addresses.
        "--enable-aggregator-routing=true",
        "--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction",
    )  # fmt: skip
    wait_until_ready(
        "kube-apiserver", lambda: why_not_ok(control, str(CONTROL.ip), API_PORT, "/readyz?verbose", client_tls(bed)),
        alive=daemon.pidfd, seconds=90, log=str(daemon.log),
    )  # fmt: skip


def client_tls(bed: Bed) -> ssl.SSLContext:
    """TLS as the bed's administrator."""
    if not (bed.layout.pki / "admin.crt").exists():
        bed.key_pair("admin", "bed-admin", groups=("system:masters",))
    context = pki.trusting(bed.ca)
    context.load_cert_chain(bed.pki_file("admin.crt"), bed.pki_file("admin.key"))
    return context
