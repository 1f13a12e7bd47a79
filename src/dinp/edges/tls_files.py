"""Reads the PEM files of a TCP endpoint, when its engine starts: a renewed certificate needs only a restart of it."""

from dinp.model.endpoint import TlsFiles, TlsTexts
from dinp.model.problem import Problem, WorldRefusedError


def read_tls(files: TlsFiles) -> TlsTexts:
    """Their contents.

    Raises:
        WorldRefusedError: one cannot be read, or is no PEM; names the file.
    """
    return TlsTexts(
        _read(files.ca, "CERTIFICATE"), _read(files.certificate, "CERTIFICATE"), _read(files.key, "PRIVATE KEY")
    )


def _read(path: str, kind: str) -> str:
    try:
        with open(path, encoding="ascii") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise _refusal(path, str(error)) from error
    if f"{kind}-----" not in text:
        raise _refusal(path, f"it holds no PEM {kind.lower()}")
    return text


def _refusal(path: str, reason: str) -> WorldRefusedError:
    return WorldRefusedError(
        Problem("tls-file-unusable", f"The TLS file {path} cannot be used: {reason}.", "Give a readable PEM file.")
    )
