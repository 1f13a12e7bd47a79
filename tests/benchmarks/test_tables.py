"""What a table says of samples."""

from benchmarks.page import page
from benchmarks.tables import Better, Measured, Table, cells, markdown, plain

TABLE = Table(
    "First answer", "Milliseconds until it answers.", "ms", Better.LESS, "bare",
    (
        Measured("29", "bare", (400.0, 500.0, 900.0)),
        Measured("29", "dinp", (550.0, 600.0, 5.25)),
        Measured("20.10", "dinp", (0.5,)),
    ),
)  # fmt: skip


def test_ratios_are_of_medians_and_to_the_reference_of_the_same_case() -> None:
    assert [TABLE.ratio(row) for row in TABLE.rows] == [1.0, 1.1, None]


def test_losing_rows_stay_and_are_shown_with_their_spread() -> None:
    assert cells(TABLE) == [
        ("case", "side", "median (ms)", "from - to", "samples", "ratio"),
        ("29", "bare", "500", "400 - 900", "3", "1.00"),
        ("29", "dinp", "550", "5.25 - 600", "3", "1.10"),
        ("20.10", "dinp", "0.500", "0.500 - 0.500", "1", ""),
    ]


def test_people_read_it() -> None:
    assert plain(TABLE).splitlines()[:3] == [
        "First answer (less is better)",
        "case   side  median (ms)  from - to      samples  ratio",
        "29     bare  500          400 - 900      3        1.00",
    ]


def test_the_page_has_every_table_and_says_how_to_read_it() -> None:
    text = page((TABLE, TABLE), "6.1.0-44-amd64", 8.86)
    assert text.count(markdown(TABLE)) == 2
    assert "| 29 | dinp | 550 | 5.25 - 600 | 3 | 1.10 |" in text
    assert "Read the ratios, not the times" in text.replace("\n", " ")
    assert "Linux 6.1, " in text
    assert "load average 8.9 when it began" in text
