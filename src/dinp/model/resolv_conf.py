"""Name resolution as resolv.conf(5) sets it."""

from dinp.model.value import Value


class ResolvConf(Value):
    """What one resolv.conf says.

    Attributes:
        path: the file it was read from.
        nameservers: addresses, in order, with a zone (`%eth0`) where there is one.
        search: domains.
        options: e.g. `ndots:5`.
    """

    path: str
    nameservers: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


def parse_resolv_conf(path: str, text: str) -> ResolvConf:
    """Reads a resolv.conf; of `search` and `domain` the last line counts, as in resolv.conf(5)."""
    nameservers: list[str] = []
    search: tuple[str, ...] = ()
    options: list[str] = []
    for line in text.splitlines():
        words = line.split()
        if len(words) < 2 or words[0][0] in "#;":
            continue
        if words[0] == "nameserver":
            nameservers.append(words[1])
        elif words[0] in ("search", "domain"):
            search = tuple(words[1:])
        elif words[0] == "options":
            options += words[1:]
    return ResolvConf(path, tuple(nameservers), search, tuple(options))


def is_loopback(address: str) -> bool:
    """Whether a resolver's address reaches only the network namespace that it is named in."""
    return address.startswith("127.") or address in ("::1", "localhost")
