"""Which resolvers inner containers use: a resolver on loopback is one that they cannot reach."""

from dinp.model.decision import Decision
from dinp.model.engine_spec import IsolationKind
from dinp.model.node_facts import NetworkFacts
from dinp.model.resolv_conf import ResolvConf, is_loopback
from dinp.model.value import Value


class Resolution(Value):
    """What was chosen; the fields are those of `Choices`."""

    nameservers: tuple[str, ...]
    loopback_nameserver: str | None
    search: tuple[str, ...]
    resolver_options: tuple[str, ...]


def choose_dns(network: NetworkFacts, isolation: IsolationKind) -> tuple[Resolution, Decision]:
    """The resolvers, search domains and options for engines."""
    resolver = network.resolver
    seen = f"{resolver.path} names {', '.join(resolver.nameservers) or 'no resolver'}"
    reachable = _reachable(resolver)
    if reachable:
        why = "they answer from every network namespace"
        return _chosen(reachable, None, resolver, seen, why)
    if network.uplink_resolver is not None:
        uplinks = _reachable(network.uplink_resolver)
        if uplinks:
            seen += f"; {network.uplink_resolver.path} names {', '.join(uplinks)}"
            why = "systemd-resolved's own address is on loopback; these are the resolvers that it asks"
            return _chosen(uplinks, None, resolver, seen, why)
    loopback = next((address for address in resolver.nameservers if is_loopback(address)), None)
    if loopback is None:
        why = "no resolver that a container could reach is known, so dockerd's own default is left"
        return _chosen((), None, resolver, seen, why)
    if isolation is IsolationKind.ROOTLESS:
        why = "the user-mode network passes questions on to it from an address of its own"
        return _chosen((), None, resolver, seen, why)
    why = "it listens on loopback only, so the agent makes it reachable at its end of the engine's link"
    return _chosen((), loopback, resolver, seen, why)


def _reachable(resolver: ResolvConf) -> tuple[str, ...]:
    """Addresses that mean the same everywhere: neither loopback nor with a zone (`fe80::1%eth0`)."""
    return tuple(a for a in resolver.nameservers if not is_loopback(a) and "%" not in a and not a.startswith("fe80:"))


def _chosen(
    nameservers: tuple[str, ...], loopback: str | None, resolver: ResolvConf, seen: str, why: str
) -> tuple[Resolution, Decision]:
    chosen = ", ".join(nameservers) or (f"{loopback} through the link" if loopback else "the engine's default")
    decision = Decision("dns", seen, chosen, why, "other nameserver lines in resolv.conf")
    return Resolution(nameservers, loopback, resolver.search, resolver.options), decision
