"""The page docs/performance.md, from what was measured."""

import os

from benchmarks.tables import Table, markdown

HEAD = """# Performance

`make bench` measures this and writes this page anew; what stands here is what came out, rows in which dinp loses
included.

Every table has both sides of a comparison, measured alternately in one run on one machine. **Read the ratios, not the
times**: other programs on the machine slow both sides alike, and spread the samples. A ratio from a handful of samples
on a loaded machine is good for "about the same" and "several times as much", not for a few per cent. The columns say
how many samples there are and how far they lie apart.

"""


def page(tables: tuple[Table, ...], kernel: str) -> str:
    """The whole page.

    Args:
        tables: in the order in which they are shown.
        kernel: release of the kernel that all of it ran on.
    """
    load = os.getloadavg()[0]
    where = f"This run: Linux {kernel}, {os.cpu_count()} cores, load average {load:.1f} at its end.\n\n"
    return HEAD + where + "\n".join(markdown(table) for table in tables)
