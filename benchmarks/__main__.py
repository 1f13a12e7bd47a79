"""`python -m benchmarks`: measures, prints tables, and writes docs/performance.md (not with --quick)."""

import argparse
import compileall
import os
import platform
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks import first_answer, first_builds, idle_tenants, inner_network, traffic
from benchmarks.page import page
from benchmarks.tables import Table, plain
from tests.support.engines import VERSIONS

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
PROGRAM = Path(__file__).parents[1] / "src" / "dinp"

BENCHMARKS: Mapping[str, tuple[Callable[[tuple[str, ...], int], Table], int]] = {
    "first-answer": (first_answer.measure, 10),
    "idle-tenants": (idle_tenants.measure, 5),
    "requests": (traffic.measure_requests, 10),
    "stream": (traffic.measure_stream, 5),
    "first-builds": (first_builds.measure, 100),
    "inner-network": (inner_network.measure, 5),
}
"""Name -> what measures, and how often it does when nothing is said."""


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; all without one")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="once each, on the newest dockerd, to see that everything works; writes no page",
    )
    parser.add_argument(
        "--rounds", type=int, help="how often each side is measured, instead of each benchmark's own number"
    )
    chosen = parser.parse_args()
    unknown = sorted(set(chosen.names) - set(BENCHMARKS))
    if unknown:
        parser.error(f"there is no benchmark {unknown[0]!r}; there are {', '.join(BENCHMARKS)}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was made is taken away then, too
    compileall.compile_dir(PROGRAM, quiet=1)  # as installing it does; not left to whether Python may write here
    tables = []
    began, load = time.monotonic(), os.getloadavg()[0]
    for name in chosen.names or BENCHMARKS:
        measure, rounds = BENCHMARKS[name]
        table = measure(VERSIONS[-1:], 1) if chosen.quick else measure(VERSIONS, chosen.rounds or rounds)
        print(f"\n{plain(table)}\n", flush=True)
        tables.append(table)
        if not chosen.quick and not chosen.names:  # after each one: whoever interrupts a long run keeps what it has
            PAGE.write_text(page(tuple(tables), platform.release(), load), encoding="utf-8")
    print(f"{len(tables)} benchmarks in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
