"""From the start of an agent, and from the first connection to one that is up, to an engine's first answer."""

import time
from collections import defaultdict

from benchmarks.sides import agent_of_dinp, bare_dockerd
from benchmarks.tables import Better, Measured, Table
from benchmarks.talking import first_answer

BARE = "bare dockerd"
ISOLATIONS = ("userns", "rootful")

HOW = (
    "Milliseconds until `/_ping` is answered, with fresh data-roots. The bare dockerd gets a listening socket, and its "
    "namespaces are made before its time runs. *Agent starts*: from the exec of `dinp agent`, its interpreter and its "
    "look at the machine included, with a client that connects as soon as there is a socket. *Agent is up*: from a "
    "tenant's first connection, while another tenant has an engine."
)


def measure(versions: tuple[str, ...], rounds: int) -> Table:
    """Alternate between the sides, `rounds` times for each version of dockerd."""
    samples: dict[tuple[str, str], list[float]] = defaultdict(list)
    for round_ in range(1, rounds + 1):
        for version in versions:
            print(f"first answer: round {round_} of {rounds}, dockerd {version}", flush=True)
            with bare_dockerd(version) as bare:
                samples[version, BARE].append(bare.answered() * 1000)
            for isolation in ISOLATIONS:
                with agent_of_dinp(version, engine={"isolation": isolation}) as (_, side):
                    samples[version, f"dinp {isolation}, agent starts"].append(side.answered() * 1000)
                samples[version, f"dinp {isolation}, agent is up"].append(_from_an_agent_that_is_up(version, isolation))
    order = sorted(samples, key=lambda key: versions.index(key[0]))
    rows = tuple(Measured(f"dockerd {key[0]}", key[1], tuple(samples[key])) for key in order)
    return Table("First answer", HOW, "ms", Better.LESS, BARE, rows)


def _from_an_agent_that_is_up(version: str, isolation: str) -> float:
    with agent_of_dinp(version, ("early", "late"), {"isolation": isolation}) as (_, early):
        early.answered()  # a sign that it has looked at the machine; `late` has no engine by that
        return _milliseconds_to_answer(early.socket.replace("early", "late"))


def _milliseconds_to_answer(path: str) -> float:
    began = time.monotonic()
    first_answer(path)
    return (time.monotonic() - began) * 1000
