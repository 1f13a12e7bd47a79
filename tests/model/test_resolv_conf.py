from pathlib import Path

from dinp.model.resolv_conf import ResolvConf, is_loopback, parse_resolv_conf

NODE = Path(__file__).parents[1] / "captures" / "node"


def read(name: str) -> ResolvConf:
    return parse_resolv_conf("/etc/resolv.conf", (NODE / name).read_text(encoding="utf-8"))


def test_a_pod() -> None:
    assert read("resolv-pod.txt") == ResolvConf(
        "/etc/resolv.conf",
        ("10.96.0.10",),
        ("ci.svc.cluster.local", "svc.cluster.local", "cluster.local"),
        ("ndots:5",),
    )


def test_the_stub_of_systemd_resolved() -> None:
    stub = read("resolv-stub.txt")
    assert stub.nameservers == ("127.0.0.53",)
    assert stub.options == ("edns0", "trust-ad")


def test_the_last_search_or_domain_counts() -> None:
    text = "domain a.example\n; nameserver 10.0.0.1\nsearch b.example c.example\nnameserver\n"
    assert parse_resolv_conf("f", text) == ResolvConf("f", (), ("b.example", "c.example"), ())


def test_loopback() -> None:
    assert [is_loopback(address) for address in ("127.0.0.53", "::1", "10.0.0.1", "fe80::1%2")] == [
        True,
        True,
        False,
        False,
    ]
