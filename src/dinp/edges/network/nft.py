"""The `nft` program, spoken to in its JSON (libnftables-json(5)): structures, never text."""

import json
from collections.abc import Mapping

from dinp.edges.network.program import run
from dinp.model.problem import Problem, WorldRefusedError

Json = dict[str, object]
"""One command, statement or expression of libnftables-json(5)."""


class NftRefusedError(WorldRefusedError):
    """The kernel or `nft` refused a change; nothing of it was made, because each call is one transaction."""


def apply(*commands: Mapping[str, object]) -> None:
    """Make all of the changes, or none. Raises NftRefusedError (`nft-refused`), WorldRefusedError (`nft-missing`)."""
    _nft(["-f", "-"], json.dumps({"nftables": commands}))


def listing(*what: str, terse: bool = False) -> list[Json]:
    """What `nft -j list WHAT` tells, without its preamble; `terse` leaves elements out. Raises as `apply` does."""
    said = json.loads(_nft([*(["-t"] if terse else []), "list", *what], "") or '{"nftables": []}')
    return [thing for thing in said["nftables"] if "metainfo" not in thing]


def exists(family: str, table: str) -> bool:
    """Whether there is such a table. Raises WorldRefusedError (`nft-missing`)."""
    try:
        listing("table", family, table, terse=True)
    except NftRefusedError:
        return False
    return True


def _nft(arguments: list[str], given: str) -> str:
    try:
        ended = run(["nft", "-j", *arguments], given)
    except FileNotFoundError as error:
        raise WorldRefusedError(
            Problem(
                "nft-missing",
                "The program nft, which gives an engine its way out and its published ports, is not installed.",
                "Install the package nftables, or choose the isolation `rootless`.",
            )
        ) from error
    if ended.code:
        said = (ended.errors or ended.output).strip().splitlines()
        raise NftRefusedError(
            Problem(
                "nft-refused",
                f"nft refused a change to the firewall: {said[0] if said else f'exit code {ended.code}'}",
                "Look whether the kernel has nf_tables with nat, fib and masquerade (`dinp preflight` tells).",
            )
        )
    return ended.output
