"""`python -m tools.docs` writes the reference pages; tests/house/test_reference_pages.py tells when that is due."""

from tools.docs.pages import PAGES, ROOT


def main() -> None:
    """Write every page, and name each."""
    for name, make in PAGES.items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(make(), encoding="utf-8")
        print(f"wrote {name}")


main()
