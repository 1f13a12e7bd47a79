"""`dinp certificates`: mutual TLS for a tenant's TCP door."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from dinp.model.problem import Problem

    _Read = TypeVar("_Read")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its three verbs."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    issue = verbs.add_parser(
        "issue", help="make an authority, the engine's pair and clients' pairs; keep what is there"
    )
    issue.add_argument("--dir", required=True, metavar="DIR", help="one directory per tenant")
    issue.add_argument(
        "--host",
        action="append",
        default=[],
        metavar="NAME",
        help="a name or address that clients connect to (repeatable)",
    )
    issue.add_argument("--client", action="append", default=[], metavar="NAME", help="default: client (repeatable)")
    issue.add_argument("--days", default="365", help="how long pairs are valid; the authority is for ten years")
    issue.add_argument(
        "--client-mode", default="0600", metavar="BITS", help="permission bits of clients' keys, where users share them"
    )
    issue.add_argument(
        "--wait-for", metavar="SOCKET", help="return when an agent has opened this socket, too, as `dinp wait` does"
    )
    issue.add_argument("--within", metavar="DURATION", default="60s", help="give up waiting after this long")
    rotate = verbs.add_parser("rotate", help="new pairs of the same names, signed by the same authority")
    rotate.add_argument("--dir", required=True, metavar="DIR")
    rotate.add_argument(
        "--host",
        action="append",
        default=[],
        metavar="NAME",
        help="names of the server's pair instead of those it has (repeatable)",
    )
    rotate.add_argument("--days", default="365", help="how long they are valid")
    show = verbs.add_parser("show", help="names, purposes and ends")
    show.add_argument("--dir", required=True, metavar="DIR")
    show.add_argument("-o", "--output", choices=["text", "json"], default="text")


def run(options: argparse.Namespace) -> int:
    """Do it."""
    directory = Path(options.dir)
    if options.verb == "show":
        return _show(directory, options.output)
    for file in _written(directory, options):
        sys.stdout.write(f"{file}\n")
    if options.verb == "issue" and options.wait_for is not None:
        from dinp.cli.commands.wait import wait_until_open

        wait_until_open(options.wait_for, options.within, "dinp certificates issue")
    return 0


def _written(directory: Path, options: argparse.Namespace) -> tuple[Path, ...]:
    """What `issue` and `rotate` write, when every flag is right."""
    from dinp.edges import certificates
    from dinp.model.certificate_values import read_client, read_days, read_host
    from dinp.model.config_values import read_mode
    from dinp.model.problem import BadInputError, Problem

    flags = _Flags(f"dinp certificates {options.verb}")
    hosts = tuple(host for text in options.host for host in flags.read("--host", text, read_host))
    days = flags.read("--days", options.days, read_days)
    clients, modes = ["client"], [0o600]
    if options.verb == "issue":
        clients = [name for text in options.client or clients for name in flags.read("--client", text, read_client)]
        modes = flags.read("--client-mode", options.client_mode, read_mode)
    flags.check()
    try:
        if options.verb == "issue":
            return certificates.issue(directory, hosts, clients, days[0], client_mode=modes[0])
        return certificates.rotate(directory, days[0], hosts)
    except OSError as error:
        file = error.filename or directory
        sentence = f"--dir {options.dir!r}: {file} cannot be written: {error.strerror}."
        raise BadInputError(Problem("bad-flag", sentence, "Name a directory that you may write to.")) from error


class _Flags:
    """Values of flags, read one by one; every problem is told at once."""

    def __init__(self, command: str) -> None:
        self._command = command
        self._problems: list[Problem] = []

    def read(self, flag: str, text: str, reader: Callable[[str], _Read]) -> list[_Read]:
        """The value; none where it has a problem."""
        from dinp.model.problem import Problem

        try:
            return [reader(text)]
        except ValueError as error:
            self._problems.append(Problem("bad-flag", f"{flag} {text!r}: {error}.", f"See `{self._command} --help`."))
            return []

    def check(self) -> None:
        """Raises BadInputError with all of them."""
        from dinp.model.problem import BadInputError

        if self._problems:
            raise BadInputError(*self._problems)


def _show(directory: Path, output: str) -> int:
    from dinp.edges.certificates import show

    found = show(directory)
    if output == "json":
        import json

        rows = [
            {
                "file": f.file,
                "subject": f.subject,
                "names": f.names,
                "not_after": f.not_after.isoformat(),
                "for": f.purposes,
            }
            for f in found
        ]
        sys.stdout.write(json.dumps(rows) + "\n")
        return 0
    for facts in found:
        names = ", ".join(facts.names) or "-"
        purposes = ", ".join(facts.purposes)
        sys.stdout.write(
            f"{facts.file:<24} {purposes:<10} until {facts.not_after:%Y-%m-%d}  {facts.subject}  {names}\n"
        )
    return 0
