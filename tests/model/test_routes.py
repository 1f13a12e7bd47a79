import pytest

from dinp.model.routes import Route


@pytest.mark.parametrize(
    ("network", "everywhere"),
    [("0.0.0.0/0", True), ("::/0", True), ("128.0.0.0/1", True), ("10.0.0.0/8", False), ("fd00::/10", False)],
)
def test_what_leads_everywhere(network: str, everywhere: bool) -> None:
    assert Route(network, "eth0").is_default == everywhere
