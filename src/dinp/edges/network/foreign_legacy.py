"""The older iptables (ip_tables of the kernel), which nft does not see: the same as foreign_nft for its chains."""

import shlex
from collections import defaultdict
from collections.abc import Iterator, Sequence

from dinp.edges.network.foreign_chains import ForeignRule, Verdict, Way, passes_first_through, stops
from dinp.edges.network.foreign_nft import DOCKER_USER
from dinp.edges.network.program import run
from dinp.model.problem import Problem, WorldRefusedError

_KINDS = {"/proc/net/ip_tables_names": "iptables-legacy", "/proc/net/ip6_tables_names": "ip6tables-legacy"}
_VERDICTS = {"ACCEPT": Verdict.ACCEPT, "DROP": Verdict.DROP, "REJECT": Verdict.DROP, "RETURN": Verdict.RETURN}
_NO_VERDICT = {"LOG", "NFLOG", "MARK", "CONNMARK", "TCPMSS", "AUDIT", "TRACE"}
_WITHOUT_CONDITION = {"--comment", "--reject-with", "--log-prefix", "--log-level"}


def open_for(links: str, ways: Sequence[Way], comment: str) -> list[str]:
    """Let interfaces of the pattern (ending in `*`) through wherever older tables would stop them.

    Returns:
        The chains that got a rule of ours.

    Raises:
        WorldRefusedError: `iptables-legacy-missing`: the tables are in use and their program is not installed.
    """
    opened = []
    for program in _in_use():
        listing = _run(program, "-S")
        chains, policies = _read(listing)
        there = [shlex.split(line) for line in listing.splitlines()]
        for base, hook in (("FORWARD", "forward"), ("INPUT", "input")):
            if not stops(chains, base, policies[base]):
                continue
            chain = DOCKER_USER if passes_first_through(chains, base, DOCKER_USER) else base
            for way in ways:
                rule = _passage(way, links, comment)
                if way.hook == hook and _fits(way, program) and ["-A", chain, *rule] not in there:
                    _run(program, "-I", chain, "1", *rule)
                    opened.append(f"{program} {chain}")
    return sorted(set(opened))


def close_for(links: str) -> None:
    """Remove our rules. Raises WorldRefusedError."""
    for program in _in_use():
        for line in _run(program, "-S").splitlines():
            words = shlex.split(line)
            if words[0] == "-A" and _pattern(links) in words:
                _run(program, "-D", *words[1:])


def _in_use() -> Iterator[str]:
    for names, program in _KINDS.items():
        try:
            with open(names, encoding="ascii") as file:
                if "filter" in file.read().split():
                    yield program
        except FileNotFoundError:
            continue


def _pattern(links: str) -> str:
    return links.removesuffix("*") + "+"


def _passage(way: Way, links: str, comment: str) -> list[str]:
    """In the order and form in which `-S` prints it."""
    to = [] if way.to is None else ["-d", f"{way.to}/{128 if ':' in way.to else 32}"]
    side = "-i" if way.side == "iifname" else "-o"
    return [*to, side, _pattern(links), "-m", "comment", "--comment", comment, "-j", "ACCEPT"]


def _fits(way: Way, program: str) -> bool:
    return way.to is None or (":" in way.to) == program.startswith("ip6")


def _run(program: str, *arguments: str) -> str:
    try:
        ended = run([program, "-w", "5", *arguments])
    except FileNotFoundError as error:
        raise WorldRefusedError(
            Problem(
                "iptables-legacy-missing",
                f"This machine filters packets with the older iptables, and {program} is not installed here.",
                "Install the package iptables where the agent runs, so that its engines can be let through.",
            )
        ) from error
    if ended.code:
        raise WorldRefusedError(
            Problem(
                "iptables-legacy-refused",
                f"{program} {shlex.join(arguments)} failed: {ended.errors.strip()}",
                "Look at the machine's firewall with that program.",
            )
        )
    return ended.output


def _read(listing: str) -> tuple[dict[str, list[ForeignRule]], dict[str, Verdict]]:
    chains: dict[str, list[ForeignRule]] = defaultdict(list)
    policies = {}
    for line in listing.splitlines():
        words = shlex.split(line)
        if words[0] == "-P":
            policies[words[1]] = _VERDICTS.get(words[2], Verdict.ACCEPT)
        elif words[0] == "-A":
            chains[words[1]].append(_rule(words[2:]))
    return chains, policies


def _rule(words: list[str]) -> ForeignRule:
    for_everything, verdict, target = True, Verdict.NONE, ""
    rest = iter(words)
    for word in rest:
        if word in ("-j", "-g"):
            target = next(rest)
            jump = Verdict.JUMP if word == "-j" else Verdict.GOTO
            verdict = _VERDICTS.get(target, Verdict.NONE if target in _NO_VERDICT else jump)
        elif word in _WITHOUT_CONDITION:
            next(rest)
        elif word == "-m":
            for_everything &= next(rest) == "comment"
        else:
            for_everything = False
    return ForeignRule(for_everything, verdict, target)
