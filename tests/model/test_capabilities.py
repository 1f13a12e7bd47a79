from pathlib import Path

from dinp.model.capabilities import Capability, missing, parse_effective

NODE = Path(__file__).parents[1] / "captures" / "node"


def test_root_without_one_capability() -> None:
    held = parse_effective((NODE / "status-root.txt").read_text(encoding="utf-8"))
    assert missing(held, tuple(Capability)) == (Capability.SYS_RESOURCE,)


def test_an_ordinary_user_has_none() -> None:
    held = parse_effective((NODE / "status-user-no-new-privs.txt").read_text(encoding="utf-8"))
    assert held == 0
    assert missing(held, (Capability.SYS_ADMIN,)) == (Capability.SYS_ADMIN,)


def test_they_are_said_as_manifests_say_them() -> None:
    assert str(Capability.NET_ADMIN) == "CAP_NET_ADMIN"


def test_a_status_without_the_line() -> None:
    assert parse_effective("Name:\tx\n") == 0
