"""Emulators of other processor architectures: which program runs which, and how the kernel recognises its programs.

A program is recognised by the head of its ELF header (elf(5)): class, byte order, type and machine. The values are
those of QEMU's scripts/qemu-binfmt-conf.sh.
"""

from dinp.model.value import Value

_SYSTEM_V = r"\x00" * 8
_ANY_TYPE_LITTLE = r"\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff"
"""Everything counts but the ABI, and that a program may be position-independent (ET_EXEC or ET_DYN)."""
_ANY_TYPE_BIG = r"\xff\xff\xff\xff\xff\xff\xff\xfc\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff"
_LITTLE_64 = r"\x7fELF\x02\x01\x01\x00" + _SYSTEM_V + r"\x02\x00"
_BIG_64 = r"\x7fELF\x02\x02\x01\x00" + _SYSTEM_V + r"\x00\x02"
_LITTLE_32 = r"\x7fELF\x01\x01\x01\x00" + _SYSTEM_V + r"\x02\x00"


class Emulator(Value):
    """One architecture.

    Attributes:
        architecture: as images name it (Go's GOARCH).
        machine: as uname(2) names it.
        qemu: as QEMU names it.
        magic, mask: of its programs' first bytes, escaped as binfmt_misc takes them.
    """

    architecture: str
    machine: str
    qemu: str
    magic: str
    mask: str

    @property
    def programs(self) -> tuple[str, str]:
        """The names under which distributions install the static emulator; Debian from 13 on has the second."""
        return f"qemu-{self.qemu}-static", f"qemu-{self.qemu}"

    def registration(self, program: str) -> str:
        """A line for binfmt_misc's `register` (Linux, Documentation/admin-guide/binfmt-misc.rst).

        F opens the emulator now, so that no image needs it; O and C let programs with other owners' rights (sudo)
        keep them.
        """
        return f":qemu-{self.qemu}:M::{self.magic}:{self.mask}:{program}:FOC"


EMULATORS = (
    Emulator(
        "amd64", "x86_64", "x86_64", _LITTLE_64 + r"\x3e\x00",
        r"\xff\xff\xff\xff\xff\xfe\xfe\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff",
    ),
    Emulator("arm64", "aarch64", "aarch64", _LITTLE_64 + r"\xb7\x00", _ANY_TYPE_LITTLE),
    Emulator("arm", "armv7l", "arm", _LITTLE_32 + r"\x28\x00", _ANY_TYPE_LITTLE),
    Emulator(
        "ppc64le", "ppc64le", "ppc64le", _LITTLE_64 + r"\x15\x00",
        r"\xff\xff\xff\xff\xff\xff\xff\xfc\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\x00",
    ),
    Emulator("riscv64", "riscv64", "riscv64", _LITTLE_64 + r"\xf3\x00", _ANY_TYPE_LITTLE),
    Emulator("s390x", "s390x", "s390x", _BIG_64 + r"\x00\x16", _ANY_TYPE_BIG),
)  # fmt: skip

BY_ARCHITECTURE = {each.architecture: each for each in EMULATORS}
