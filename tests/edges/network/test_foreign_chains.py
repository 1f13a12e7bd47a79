"""How a packet of ours fares in other people's chains."""

from dinp.edges.network.foreign_chains import ForeignRule, Verdict, passes_first_through, stops

ACCEPT = ForeignRule(for_everything=True, verdict=Verdict.ACCEPT)
DROP = ForeignRule(for_everything=True, verdict=Verdict.DROP)
RETURN = ForeignRule(for_everything=True, verdict=Verdict.RETURN)
DROP_SOME = ForeignRule(for_everything=False, verdict=Verdict.DROP)
LOG = ForeignRule(for_everything=True, verdict=Verdict.NONE)


def jump(target: str) -> ForeignRule:
    return ForeignRule(for_everything=True, verdict=Verdict.JUMP, target=target)


def goto(target: str) -> ForeignRule:
    return ForeignRule(for_everything=True, verdict=Verdict.GOTO, target=target)


def test_the_policy_decides_where_no_rule_does() -> None:
    assert stops({}, "forward", Verdict.DROP)
    assert not stops({}, "forward", Verdict.ACCEPT)
    assert stops({"forward": [LOG, DROP_SOME]}, "forward", Verdict.DROP)


def test_rules_for_somebody_else_are_respected() -> None:
    assert not stops({"forward": [DROP_SOME]}, "forward", Verdict.ACCEPT)


def test_a_rule_for_everything_decides() -> None:
    assert stops({"forward": [LOG, DROP, ACCEPT]}, "forward", Verdict.ACCEPT)
    assert not stops({"forward": [ACCEPT, DROP]}, "forward", Verdict.DROP)
    assert stops({"forward": [RETURN, ACCEPT]}, "forward", Verdict.DROP)


def test_jumps_come_back_and_gotos_do_not() -> None:
    assert stops({"forward": [jump("a"), DROP], "a": [DROP_SOME]}, "forward", Verdict.ACCEPT)
    assert stops({"forward": [jump("a")], "a": [jump("b")], "b": [DROP]}, "forward", Verdict.ACCEPT)
    assert not stops({"forward": [jump("a"), DROP], "a": [ACCEPT]}, "forward", Verdict.DROP)
    assert not stops({"forward": [goto("a"), DROP], "a": []}, "forward", Verdict.ACCEPT)


def test_a_loop_ends() -> None:
    assert not stops({"forward": [jump("forward")]}, "forward", Verdict.ACCEPT)


def test_what_comes_first() -> None:
    assert passes_first_through({"forward": [LOG, jump("user"), DROP]}, "forward", "user")
    assert not passes_first_through({"forward": [DROP_SOME, jump("user")]}, "forward", "user")
    assert not passes_first_through({"forward": [jump("other"), jump("user")]}, "forward", "user")
    assert not passes_first_through({}, "forward", "user")
