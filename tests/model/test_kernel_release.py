import pytest
from hypothesis import given
from hypothesis import strategies as st

from dinp.model.kernel_release import parse_kernel_release


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("6.1.0-37-cloud-amd64", (6, 1)),
        ("5.15.0-1073-azure", (5, 15)),
        ("4.18.0-553.el8_10.x86_64", (4, 18)),
        ("6.18-rc1", (6, 18)),
        ("7", (7, 0)),
        ("", (0, 0)),
        ("plan9", (0, 0)),
    ],
)
def test_versions(text: str, version: tuple[int, int]) -> None:
    kernel = parse_kernel_release(text)
    assert (kernel.major, kernel.minor) == version
    assert kernel.at_least(*version)
    assert not kernel.at_least(version[0], version[1] + 1)


@given(st.text())
def test_any_text_is_some_version(text: str) -> None:
    parse_kernel_release(text)
