"""The bill of materials (SPDX 2.3, https://spdx.github.io/spdx-spec/v2.3/): every package and program of the image."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from importlib.metadata import Distribution
from pathlib import Path


def bill_of_materials(
    version: str, tree: Path, distributions: Iterable[Distribution], programs: Mapping[str, Path]
) -> str:
    """The document as text: no times and no random names, so that the same image has the same one."""
    packages = [_package("dinp", version, "pypi")]
    packages += [_package(name, found, "deb") for name, found in debian_packages(tree)]
    packages += [_package(found.metadata["Name"], found.version, "pypi") for found in distributions]
    packages += [_program(name, file) for name, file in sorted(programs.items())]
    digest = hashlib.sha256(json.dumps(packages, sort_keys=True).encode()).hexdigest()
    document = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"dinp-agent-{version}",
        "documentNamespace": f"urn:dinp:agent:{digest}",
        "creationInfo": {"created": "1970-01-01T00:00:00Z", "creators": [f"Tool: dinp-{version}"]},
        "packages": packages,
        "relationships": [
            {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": each["SPDXID"]}
            for each in packages
        ],
    }
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


def debian_packages(tree: Path) -> list[tuple[str, str]]:
    """(name, version) of every Debian package, from dpkg's own list."""
    found = []
    for paragraph in (tree / "var/lib/dpkg/status").read_text(encoding="utf-8").split("\n\n"):
        fields = dict(line.split(": ", 1) for line in paragraph.splitlines() if ": " in line and line[0] != " ")
        if fields.get("Status", "").endswith(" installed"):
            found.append((fields["Package"], fields["Version"]))
    return sorted(found)


def _package(name: str, version: str, kind: str) -> dict[str, object]:
    safe = "".join(letter if letter.isalnum() or letter in ".-" else "-" for letter in f"{kind}-{name}")
    return {
        "SPDXID": f"SPDXRef-{safe}",
        "name": name,
        "versionInfo": version,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "externalRefs": [
            {
                "referenceCategory": "PACKAGE-MANAGER",
                "referenceType": "purl",
                "referenceLocator": f"pkg:{kind}/{'debian/' if kind == 'deb' else ''}{name}@{version}",
            }
        ],
    }


def _program(name: str, file: Path) -> dict[str, object]:
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return {
        "SPDXID": f"SPDXRef-program-{name}",
        "name": name,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "checksums": [{"algorithm": "SHA256", "checksumValue": digest}],
    }
