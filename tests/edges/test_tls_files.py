"""PEM files as an engine's start reads them."""

from pathlib import Path

import pytest

from dinp.edges.certificates import issue
from dinp.edges.tls_files import read_authorities
from dinp.model.problem import WorldRefusedError


def test_files_and_directories_with_links_as_kubernetes_mounts_them(tmp_path: Path) -> None:
    for name in ("one", "two"):
        issue(tmp_path / name, ["localhost"], [])
    one, two = ((tmp_path / name / "ca.pem").read_text(encoding="ascii") for name in ("one", "two"))
    mounted = tmp_path / "mounted"
    (mounted / "..2026_11_21").mkdir(parents=True)
    (mounted / "..2026_11_21" / "two.crt").write_text(two.rstrip(), encoding="ascii")
    (mounted / "..data").symlink_to("..2026_11_21")
    (mounted / "two.crt").symlink_to("..data/two.crt")
    assert read_authorities((str(tmp_path / "one" / "ca.pem"), str(mounted))) == one + two
    assert read_authorities(()) == ""


def test_what_is_no_certificate_is_named(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("not yet", encoding="ascii")
    with pytest.raises(WorldRefusedError, match=r"note\.txt .* no PEM certificate"):
        read_authorities((str(tmp_path),))
    (tmp_path / "note.txt").unlink()
    with pytest.raises(WorldRefusedError, match="a directory without files"):
        read_authorities((str(tmp_path),))
