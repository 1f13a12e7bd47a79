"""Cluster DNS, which also leads the names of public registries to the bed's own; the rest of the world has no names."""

from __future__ import annotations

from collections.abc import Sequence

from testbed.api import Api, Object
from testbed.components.registry import PUBLIC_NAMES
from testbed.manifests import objects
from testbed.plan import CONTROL, DOMAIN, REGISTRY_HOST

SECONDS = 60


def corefile() -> str:
    """CoreDNS' configuration: the cluster's names, then the registries' from a zone file that has nothing else.

    A world without an answer would make every lookup in a pod wait for a time-out; a zone without the name says so.
    """
    blocks: dict[str, Sequence[str]] = {
        "health :8080": (),
        "ready :8181": (),
        "errors": (),
        f"kubernetes {DOMAIN} in-addr.arpa ip6.arpa": ("pods insecure", "fallthrough in-addr.arpa ip6.arpa", "ttl 5"),
        "file /etc/coredns/root.zone .": (),
        "loadbalance": (),
    }
    lines = [".:53 {"]
    for plugin, options in blocks.items():
        lines.append(f"    {plugin}" + (" {" if options else ""))
        if options:
            lines += [*(f"        {option}" for option in options), "    }"]
    return "\n".join([*lines, "}", ""])


def root_zone() -> str:
    """The whole world outside the cluster, in the format of RFC 1035: the bed's registry under all its names."""
    names = [f"{name}. 60 IN A {CONTROL.ip}" for name in (REGISTRY_HOST, *PUBLIC_NAMES)]
    return "\n".join([". 60 IN SOA bed. bed. 1 60 60 60 60", ". 60 IN NS bed.", *names, ""])


def start(api: Api) -> None:
    """Apply the objects; `wait` waits for them."""
    api.apply(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "coredns", "namespace": "kube-system"},
            "data": {"Corefile": corefile(), "root.zone": root_zone()},
        }
    )
    for thing in objects("coredns"):
        api.apply(thing)


def wait(api: Api) -> None:
    """Wait until every replica answers."""

    def missing(found: Sequence[Object]) -> str | None:
        for one in found:
            if one["metadata"]["name"] == "coredns":
                ready, wanted = one.get("status", {}).get("readyReplicas", 0), one["spec"]["replicas"]
                return None if ready == wanted else f"{ready} of {wanted} are ready"
        return "no deployment"

    api.wait("/apis/apps/v1/namespaces/kube-system/deployments", "cluster DNS", missing, SECONDS)
