"""The page about the kinds of engines says what the tests try."""

from tests.kinds.reference_page import PAGE, page


def test_the_page_is_the_table(update: bool) -> None:
    if update:
        PAGE.write_text(page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page()
