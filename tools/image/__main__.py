"""`python -m tools.image`: the agent's image as an OCI archive; see `make image`."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from tools.image.build import build_image
from tools.image.programs import ENGINES, LIBRARIES, image_programs
from tools.oci.archive import write_archive
from tools.provision.cache import Cache
from tools.provision.refusal import RefusalError

ROOT = Path(__file__).parents[2]


def main() -> int:
    """Build, write, and tell how large it is and what takes the room."""
    parser = argparse.ArgumentParser(prog="python -m tools.image", description=__doc__)
    parser.add_argument("--engine", default="29", choices=ENGINES)
    parser.add_argument("--output", type=Path, default=ROOT / "dist" / "dinp-agent.oci.tar")
    options = parser.parse_args()
    programs = image_programs(os.environ, options.engine)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="dinp-image-") as scratch:
        libraries = LIBRARIES.get(options.engine, ())
        built = build_image(ROOT, programs, Cache.of(os.environ), Path(scratch), _say, libraries)
        digest = write_archive(built.image, "dinp-agent", options.output)
    for name, size in built.sizes.items():
        print(f"image: layer {name:<8} {size / 1e6:7.1f} MB")
    print(f"image: {options.output}\nimage: {digest}")
    return 0


def _say(text: str) -> None:
    print(f"image: {text}", flush=True)


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except RefusalError as refusal:
        print(f"image: {refusal}", file=sys.stderr)
        raise SystemExit(3) from refusal
