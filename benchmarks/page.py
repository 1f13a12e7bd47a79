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

An engine of dinp is in control groups of its own, the bare dockerd in the caller's. Where other programs compete for
the processors, the scheduler shares them out by group, and that alone can move a row either way.

"""


def page(tables: tuple[Table, ...], kernel: str, load_before: float) -> str:
    """The whole page.

    Args:
        tables: in the order in which they are shown.
        kernel: release of the kernel that all of it ran on; its first two numbers are shown.
        load_before: load average (runnable processes) when the run began.
    """
    release = ".".join(kernel.split(".")[:2])
    load = f"load average {load_before:.1f} when it began and {os.getloadavg()[0]:.1f} when it ended"
    where = f"This run: Linux {release}, {os.cpu_count()} cores, {load}.\n\n"
    return HEAD + where + "\n".join(markdown(table) for table in tables)
