"""`dinp certificates`: mutual TLS for a tenant's TCP door."""

import argparse
import sys
from pathlib import Path


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
    issue.add_argument("--days", type=int, default=365, help="how long pairs are valid; the authority is for ten years")
    issue.add_argument(
        "--client-mode", default="0600", metavar="BITS", help="permission bits of clients' keys, where users share them"
    )
    issue.add_argument(
        "--wait-for", metavar="SOCKET", help="return when an agent has opened this socket, too, as `dinp wait` does"
    )
    issue.add_argument("--within", metavar="DURATION", default="60s", help="give up waiting after this long")
    rotate = verbs.add_parser("rotate", help="new pairs of the same names, signed by the same authority")
    rotate.add_argument("--dir", required=True, metavar="DIR")
    rotate.add_argument("--days", type=int, default=365)
    show = verbs.add_parser("show", help="names, purposes and ends")
    show.add_argument("--dir", required=True, metavar="DIR")
    show.add_argument("-o", "--output", choices=["text", "json"], default="text")


def run(options: argparse.Namespace) -> int:
    """Do it."""
    from dinp.edges import certificates

    directory = Path(options.dir)
    if options.verb == "show":
        return _show(directory, options.output)
    if options.verb == "issue":
        hosts = options.host or ["localhost", "127.0.0.1", "::1"]
        clients = options.client or ["client"]
        mode = _mode(options.client_mode)
        written = certificates.issue(directory, hosts, clients, options.days, client_mode=mode)
    else:
        written = certificates.rotate(directory, options.days)
    for file in written:
        sys.stdout.write(f"{file}\n")
    if options.verb == "issue" and options.wait_for is not None:
        from dinp.cli.commands.wait import wait_until_open

        wait_until_open(options.wait_for, options.within, "dinp certificates issue")
    return 0


def _mode(text: str) -> int:
    from dinp.model.config_values import read_mode
    from dinp.model.problem import BadInputError, Problem

    try:
        return read_mode(text)
    except ValueError as error:
        problem = Problem("bad-flag", f"--client-mode {text!r}: {error}.", "See `dinp certificates issue --help`.")
        raise BadInputError(problem) from error


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
