"""What was measured, as values: samples per case and side, medians, ratios, and their form on terminal and page."""

import statistics
from dataclasses import dataclass
from enum import Enum


class Better(Enum):
    """Which way a number is good."""

    LESS = "less is better"
    MORE = "more is better"


@dataclass(frozen=True)
class Measured:
    """Samples of one side in one case.

    Attributes:
        case: under what circumstances, such as "dockerd 29".
        side: what was measured, such as "dinp, userns".
        samples: in the unit of the table, at least one.
    """

    case: str
    side: str
    samples: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one, in the unit of the table."""
        return statistics.median(self.samples)


@dataclass(frozen=True)
class Table:
    """One question and its answer.

    Attributes:
        title: the question in a few words.
        how: what exactly was done, in sentences.
        unit: of all samples.
        better: which way is good.
        reference: the side that ratios are relative to; a case without it has no ratios.
        rows: in the order in which they are shown; none is left out because it is bad.
    """

    title: str
    how: str
    unit: str
    better: Better
    reference: str
    rows: tuple[Measured, ...]

    def ratio(self, row: Measured) -> float | None:
        """Its median divided by the reference's in the same case; None when there is no reference."""
        for other in self.rows:
            if other.case == row.case and other.side == self.reference and other.median > 0:
                return row.median / other.median
        return None


HEAD = ("case", "side", "median", "from - to", "samples", "ratio")


def cells(table: Table) -> list[tuple[str, ...]]:
    """The head and one line per row, as text."""
    lines: list[tuple[str, ...]] = [(HEAD[0], HEAD[1], f"{HEAD[2]} ({table.unit})", *HEAD[3:])]
    for row in table.rows:
        ratio = table.ratio(row)
        spread = f"{number(min(row.samples))} - {number(max(row.samples))}"
        shown = "" if ratio is None else f"{ratio:.2f}"
        lines.append((row.case, row.side, number(row.median), spread, str(len(row.samples)), shown))
    return lines


def number(value: float) -> str:
    """Three significant digits, never in powers of ten."""
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.3f}" if value < 1 else f"{value:.2f}"


def plain(table: Table) -> str:
    """For a terminal."""
    lines = cells(table)
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    text = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join([f"{table.title} ({table.better.value})", *text])


def markdown(table: Table) -> str:
    """A section of the page."""
    head, *lines = cells(table)
    rows = [head, tuple("---" for _ in head), *lines]
    body = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    said = f"{table.how} Ratios are to *{table.reference}*; {table.better.value}."
    return f"## {table.title}\n\n{said}\n\n{body}\n"
