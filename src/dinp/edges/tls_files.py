"""Reads PEM files when an engine starts, a TCP endpoint's and registries': a renewed one needs only a restart of it."""

import os

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


def read_authorities(paths: tuple[str, ...]) -> str:
    """The certificates in files, and in the files of directories, one behind the other.

    Raises:
        WorldRefusedError: one cannot be read, or is no PEM, or a directory has none; names it.
    """
    return "".join(f"{_read(file, 'CERTIFICATE').rstrip()}\n" for path in paths for file in _files(path))


def _files(path: str) -> list[str]:
    if not os.path.isdir(path):
        return [path]
    # A mounted ConfigMap has its versions in hidden directories, and links to the files of the present one.
    found = [os.path.join(path, name) for name in sorted(os.listdir(path)) if not name.startswith(".")]
    if not found:
        raise _refusal(path, "it is a directory without files")
    return found


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
        Problem(
            "tls-file-unusable",
            f"The file {path} with certificates or a key cannot be used: {reason}.",
            "Give a readable PEM file.",
        )
    )
