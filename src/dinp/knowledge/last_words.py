"""What the end of an engine means, from its last lines."""

from dinp.model.problem import Problem

_QUOTED = 3


def explain_exit(tenant: str, how: str, words: str) -> Problem:
    """The cause in words, from the catalogue where it knows the lines, else with the engine's own last ones.

    Args:
        tenant: whose engine it was.
        how: how it ended, e.g. `exit code 1`.
        words: its last lines, oldest first.
    """
    last = " | ".join(line.strip() for line in words.splitlines()[-_QUOTED:] if line.strip())
    said = f" Its last words: {last}" if last else " It said nothing."
    return Problem(
        "engine-exited",
        f"The engine of tenant {tenant} ended with {how}.{said}",
        "The agent's log has all of its lines.",
    )
