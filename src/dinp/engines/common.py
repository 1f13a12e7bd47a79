"""What engines of several kinds are told alike."""

from collections.abc import Iterable, Mapping

from dinp.model.engine_places import EnginePlaces
from dinp.model.engine_spec import OptionValue, Proxy
from dinp.model.launch_plan import TextFile

Tables = dict[str, object]
"""A configuration file as nested mappings."""


def folder_of(places: EnginePlaces) -> str:
    """The directory of the engine's configuration."""
    return places.config.rpartition("/")[0]


def proxy_environment(proxy: Proxy) -> tuple[tuple[str, str], ...]:
    """The variables that Go's programs read (golang.org/x/net/http/httpproxy)."""
    variables = (("HTTP_PROXY", proxy.http), ("HTTPS_PROXY", proxy.https), ("NO_PROXY", ",".join(proxy.none)))
    return tuple((name, value) for name, value in variables if value)


def trusted(authorities: str, places: EnginePlaces) -> tuple[tuple[TextFile, ...], tuple[tuple[str, str], ...]]:
    """Certificates (PEM) as a file, and the variable by which the engine trusts them besides the system's own."""
    if not authorities:
        return (), ()
    folder = f"{folder_of(places)}/authorities"
    # Directories in which Go's programs look besides the system's one file (Go, crypto/x509/root_unix.go).
    variable = ("SSL_CERT_DIR", f"/etc/ssl/certs:{folder}")
    return (TextFile(f"{folder}/dinp.pem", authorities, 0o644),), (variable,)


def with_options(settings: Tables, options: Iterable[tuple[str, OptionValue]]) -> Tables:
    """The settings with options laid into their tables; a dot in a name leads into a table."""
    found = dict(settings)
    for name, value in options:
        *tables, key = name.split(".")
        place = found
        for table in tables:
            below = place.get(table)
            fresh: Tables = dict(below) if isinstance(below, Mapping) else {}
            place[table] = fresh
            place = fresh
        place[key] = value
    return found


def host_of(url: str) -> tuple[str, bool]:
    """`host:port` of a mirror's URL, which was checked when it was read, and whether it speaks plain HTTP."""
    scheme, _, host = url.partition("://")
    return host.removesuffix("/"), scheme == "http"
