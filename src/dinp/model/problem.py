"""What went wrong, as data, and the errors that carry it, split by whose fault it is."""

from dinp.model.value import Value


class Problem(Value):
    """One thing that is wrong, in words for the person who can mend it.

    Attributes:
        code: a stable name, `dinp explain CODE` tells more.
        sentence: what is wrong and where (file, key and value where there are any).
        remedy: what to do about it, in the imperative.
    """

    code: str
    sentence: str
    remedy: str

    def __str__(self) -> str:
        """The sentence, then the way out."""
        return f"{self.sentence} {self.remedy}".strip()


class DinpError(Exception):
    """An expected failure: the exit code and the words are ready for the user."""

    exit_code = 70

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class BadInputError(DinpError):
    """The user's files or flags are wrong (exit code 2)."""

    exit_code = 2


class WorldRefusedError(DinpError):
    """The kernel, the machine or the cluster does not let us (exit code 3)."""

    exit_code = 3
