"""Other people's nftables: which of their chains stop an engine's packets, and our rule at their head.

This includes what iptables-nft made: the rules put there are plain enough that it reads them as its own.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dinp.edges.network import chains, nft
from dinp.edges.network.foreign_chains import ForeignRule, Verdict, Way, passes_first_through, stops
from dinp.edges.network.nft import Json

_HOOKS = ("input", "forward")
_OURS = "dinp_"
DOCKER_USER = "DOCKER-USER"
"""Docker's own chain for other people's rules: it goes through it first and never flushes it."""

_WORDS = {"accept": Verdict.ACCEPT, "drop": Verdict.DROP, "reject": Verdict.DROP, "return": Verdict.RETURN}
_PASSING = {"counter", "log", "comment", "limit"}
_XT_TARGETS = {"REJECT": Verdict.DROP, "DROP": Verdict.DROP, "ACCEPT": Verdict.ACCEPT}


@dataclass(frozen=True, slots=True)
class Place:
    """A chain of somebody else's."""

    family: str
    table: str
    chain: str

    def __str__(self) -> str:
        """As nft names it."""
        return f"{self.family} {self.table} {self.chain}"


@dataclass(frozen=True, slots=True)
class BaseChain:
    """What the kernel asks, with its policy."""

    hook: str
    policy: Verdict


def base_chains() -> dict[Place, BaseChain]:
    """Base chains of filters on the ways of engines' packets, without our own.

    Asked of the kernel itself: most machines have none, and then no program has to run while an engine starts.
    Raises OSError.
    """
    return {
        Place(chain.family, chain.table, chain.name): BaseChain(
            chain.hook, Verdict.DROP if chain.drops else Verdict.ACCEPT
        )
        for chain in chains.base_chains()
        if chain.hook in _HOOKS and chain.kind == "filter" and not chain.table.startswith(_OURS)
    }


def open_for(links: str, ways: Sequence[Way], bases: Mapping[Place, BaseChain], comment: str) -> list[Place]:
    """Let interfaces of the pattern through wherever these chains would stop them and no rule of ours is there yet.

    Returns:
        The chains that got a rule of ours at their head.

    Raises:
        WorldRefusedError: as nft.apply does.
    """
    opened = []
    tables = {(place.family, place.table) for place in bases}
    rules = {table: _rules(*table) for table in tables}
    for base, kind in bases.items():
        listed = rules[base.family, base.table]
        by_chain = {name: [_read(rule) for rule in found] for name, found in listed.items()}
        if not stops(by_chain, base.chain, kind.policy):
            continue
        place = base
        if kind.hook == "forward" and passes_first_through(by_chain, base.chain, DOCKER_USER):
            place = Place(base.family, base.table, DOCKER_USER)
        there = [rule.get("expr") for rule in listed[place.chain]]
        where: Json = {"family": place.family, "table": place.table, "chain": place.chain, "comment": comment}
        missing = [
            {"insert": {"rule": where | {"expr": [*_conditions(way, links), {"counter": None}, {"accept": None}]}}}
            for way in ways
            if way.hook == kind.hook and _fits(way, place.family) and not _has(there, _conditions(way, links))
        ]
        if missing:
            nft.apply(*missing)
            opened.append(place)
    return opened


def close_for(links: str) -> None:
    """Remove our rules from everybody's tables. Raises as nft.apply does."""
    for family, table in {(place.family, place.table) for place in base_chains()}:
        commands: list[Json] = []
        for chain, rules in _rules(family, table).items():
            for rule in rules:
                if _is_ours(rule, links):
                    where: Json = {"family": family, "table": table, "chain": chain, "handle": rule["handle"]}
                    commands.append({"delete": {"rule": where}})
        if commands:
            nft.apply(*commands)


def _rules(family: str, table: str) -> dict[str, list[Json]]:
    """The rules of a table by chain; none when it has gone meanwhile."""
    found: dict[str, list[Json]] = defaultdict(list)
    try:
        listed = nft.listing("table", family, table, terse=True)
    except nft.NftRefusedError:
        return found
    for thing in listed:
        rule = thing.get("rule")
        if isinstance(rule, dict):
            found[rule["chain"]].append(rule)
    return found


def _conditions(way: Way, links: str) -> list[Json]:
    conditions: list[Json] = [{"match": {"op": "==", "left": {"meta": {"key": way.side}}, "right": links}}]
    if way.to is not None:
        protocol = "ip6" if ":" in way.to else "ip"
        address: Json = {"payload": {"protocol": protocol, "field": "daddr"}}
        conditions.append({"match": {"op": "==", "left": address, "right": way.to}})
    return conditions


def _fits(way: Way, family: str) -> bool:
    return way.to is None or family == "inet" or (family == "ip6") == (":" in way.to)


def _has(there: Iterable[object], conditions: list[Json]) -> bool:
    return any(isinstance(found, list) and all(condition in found for condition in conditions) for found in there)


def _is_ours(rule: Json, links: str) -> bool:
    """By what it matches: comments do not survive iptables-nft-save and -restore in the same form."""
    matches = [value for kind, value in _statements(rule) if kind == "match" and isinstance(value, dict)]
    return any(match.get("right") == links for match in matches)


def _read(rule: Json) -> ForeignRule:
    for_everything, verdict, target = True, Verdict.NONE, ""
    for kind, value in _statements(rule):
        if kind in _WORDS:
            verdict = _WORDS[kind]
        elif kind in ("jump", "goto") and isinstance(value, dict):
            verdict, target = Verdict(kind), str(value["target"])
        elif kind == "xt" and isinstance(value, dict):
            # A comment is a match of iptables' that matches everything.
            if value.get("type") == "match" and value.get("name") != "comment":
                for_everything = False
            elif value.get("type") == "target":
                verdict = _XT_TARGETS.get(str(value.get("name")), Verdict.NONE)
        elif kind == "match" and isinstance(value, dict):
            for_everything &= _meets_new_packets(value)
        elif kind not in _PASSING:
            for_everything = False
    return ForeignRule(for_everything, verdict, target)


def _meets_new_packets(match: Json) -> bool:
    """Whether a condition is one on connection states that includes new ones."""
    states = match.get("right")
    return match.get("left") == {"ct": {"key": "state"}} and match.get("op") != "!=" and "new" in _listed(states)


def _listed(value: object) -> list[object]:
    if isinstance(value, dict):
        return _listed(value.get("set"))
    return value if isinstance(value, list) else [value]


def _statements(rule: Json) -> Iterator[tuple[str, object]]:
    expressions = rule.get("expr")
    for statement in expressions if isinstance(expressions, list) else []:
        yield from statement.items()
