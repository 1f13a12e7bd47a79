"""How programs of other architectures are recognised."""

import os
import struct

import pytest

from dinp.knowledge.emulators import EMULATORS, Emulator

ELF_MACHINES = {"amd64": 62, "arm64": 183, "arm": 40, "ppc64le": 21, "riscv64": 243, "s390x": 22}
"""elf.h, EM_…"""
TYPES = {"ET_EXEC": 2, "ET_DYN": 3}


def header(emulator: Emulator, kind: int) -> bytes:
    """The first bytes of a program, as elf(5) has them."""
    bits, order = (1 if emulator.architecture == "arm" else 2), (2 if emulator.architecture == "s390x" else 1)
    ident = b"\x7fELF" + bytes([bits, order, 1, 0]) + bytes(8)
    return ident + struct.pack(">HH" if order == 2 else "<HH", kind, ELF_MACHINES[emulator.architecture])


def unescaped(text: str) -> bytes:
    return text.encode("ascii").decode("unicode_escape").encode("latin-1")


def recognises(emulator: Emulator, head: bytes) -> bool:
    """What the kernel does (fs/binfmt_misc.c, search_binfmt_handler)."""
    magic, mask = unescaped(emulator.magic), unescaped(emulator.mask)
    assert len(magic) == len(mask)
    return all((byte ^ want) & bits == 0 for byte, want, bits in zip(head, magic, mask, strict=True))


@pytest.mark.parametrize("kind", TYPES.values(), ids=TYPES)
@pytest.mark.parametrize("emulator", EMULATORS, ids=lambda each: each.architecture)
def test_each_recognises_its_own_programs_and_no_others(emulator: Emulator, kind: int) -> None:
    assert [other.architecture for other in EMULATORS if recognises(other, header(emulator, kind))] == [
        emulator.architecture
    ]


def test_the_registration_is_a_line_of_eight_fields() -> None:
    for each in EMULATORS:
        line = each.registration("/usr/bin/qemu")
        assert len(line.split(":")) == 8
        assert len(line) < os.sysconf("SC_PAGE_SIZE")
