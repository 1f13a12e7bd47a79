"""arm64 images, built and run, without the machine's noticing."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.scene import Scene, scene
from tests.support.engines import import_busybox

REGISTER = (
    r":qemu-aarch64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00"
    r":\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff"
    r":/qemu-aarch64-static:FOC"
)
"""A line for /proc/sys/fs/binfmt_misc/register (admin-guide/binfmt-misc.rst), as Debian's qemu-user-static has it; with
F the kernel opens the interpreter now, so that it need not be in the images that it will run."""

TABLE = "/proc/sys/fs/binfmt_misc"
INSTALL = f'mount -t binfmt_misc none {TABLE} 2>/dev/null; printf %s "$LINE" > {TABLE}/register'


@pytest.fixture
def tenant(engine_version: str, tmp_path: Path) -> Iterator[Scene]:
    shutil.copy(Path(os.environ["DINP_TOOLS"]) / "qemu-aarch64-static", tmp_path)
    with scene(engine_version, tmp_path) as found:
        yield found


def test_an_installer_image_registers_it_for_this_tenant_alone(tenant: Scene) -> None:
    """As `docker run --privileged tonistiigi/binfmt --install arm64` does it, which many pipelines begin with."""
    formats = sorted(os.listdir("/proc/sys/fs/binfmt_misc"))
    (tenant.folder / "Dockerfile.installer").write_text(
        "FROM busybox\nCOPY qemu-aarch64-static /\nRUN chmod 755 /qemu-aarch64-static\n", encoding="ascii"
    )
    (tenant.folder / "Dockerfile").write_text(
        'FROM arm64v8/busybox\nRUN uname -m > /machine\nCMD ["cat", "/machine"]\n', encoding="ascii"
    )
    # 20.10 imports everything as its own architecture, and finds no other by --platform then.
    platform = "--platform linux/arm64" if tenant.agent.version == "29" else ""
    lines = f"""
    export DOCKER_BUILDKIT=0
    docker build -q -t installer -f Dockerfile.installer . >/dev/null
    docker run --rm --privileged -e LINE='{REGISTER}' installer sh -c '{INSTALL}'
    {import_busybox("arm64v8/busybox", "busybox-arm64").replace("import", f"import {platform}")}
    docker run --rm {platform} arm64v8/busybox uname -m
    docker build -q {platform} -t built . >/dev/null
    docker run --rm {platform} built
    docker run --rm busybox uname -m
    """
    assert tenant.shell(lines).out.split() == ["aarch64", "aarch64", os.uname().machine]
    assert sorted(os.listdir("/proc/sys/fs/binfmt_misc")) == formats


def test_an_engine_that_was_asked_for_it_needs_no_installer(engine_version: str, tmp_path: Path) -> None:
    """`engine.emulation: [arm64]`: the same build, and nothing to set up before."""
    formats = sorted(os.listdir("/proc/sys/fs/binfmt_misc"))
    platform = "--platform linux/arm64" if engine_version == "29" else ""
    with scene(engine_version, tmp_path, engine={"emulation": ["arm64"]}) as tenant:
        (tenant.folder / "Dockerfile").write_text(
            'FROM arm64v8/busybox\nRUN uname -m > /machine\nCMD ["cat", "/machine"]\n', encoding="ascii"
        )
        lines = f"""
        export DOCKER_BUILDKIT=0
        {import_busybox("arm64v8/busybox", "busybox-arm64").replace("import", f"import {platform}")}
        docker build -q {platform} -t built . >/dev/null
        docker run --rm {platform} built
        docker run --rm busybox uname -m
        """
        assert tenant.shell(lines).out.split() == ["aarch64", os.uname().machine]
        assert sorted(os.listdir("/proc/sys/fs/binfmt_misc")) == formats
    assert sorted(os.listdir("/proc/sys/fs/binfmt_misc")) == formats
