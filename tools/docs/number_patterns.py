"""Regular expressions for decimals within bounds: JSON Schema compares numbers, but not texts."""

from decimal import Decimal

from dinp.model.config_values import BYTES


def at_least(least: Decimal) -> str:
    """Unsigned decimals that are `least` or more; zeros in front are allowed."""
    whole, _, fraction = f"{least:f}".partition(".")
    whole, fraction = whole.lstrip("0"), fraction.rstrip("0")
    larger = "|".join((f"[1-9][0-9]{{{len(whole)},}}", *_beside(whole, above=True)))
    # The same whole number, and a fraction that is not less.
    same = f"{'0*' if whole else '0+'}{whole}"
    ends = [each.partition("[0-9]{")[0] + "[0-9]*" for each in _beside(fraction, above=True)]
    rest = rf"\.({'|'.join((*ends, f'{fraction}[0-9]*'))})" if fraction else r"(\.[0-9]+)?"
    return rf"(0*({larger})(\.[0-9]+)?|{same}{rest})"


def at_most(most: int) -> str:
    """Whole numbers that are `most` or less; zeros in front are allowed."""
    digits = str(most)
    return f"0*([0-9]{{0,{len(digits) - 1}}}|{'|'.join((*_beside(digits, above=False), digits))})"


def size_of_at_least(least: int) -> str:
    """Sizes with a unit, as `read_size` takes them, of that many bytes or more."""
    units: dict[int, list[str]] = {}
    for unit, factor in BYTES.items():
        units.setdefault(factor, []).append(unit)
    return "|".join(
        f"{at_least(Decimal(least) / Decimal(factor))} ?({'|'.join(names)})" for factor, names in units.items()
    )


def _beside(digits: str, *, above: bool) -> list[str]:
    """Texts of as many digits that come after (or before) these."""
    found = []
    for index, digit in enumerate(digits):
        low, high = (int(digit) + 1, 9) if above else (0, int(digit) - 1)
        if low <= high:
            found.append(f"{digits[:index]}[{low}-{high}][0-9]{{{len(digits) - index - 1}}}")
    return found
