"""The kernel's version, as uname(2) says it."""

from dinp.model.value import Value


class KernelRelease(Value):
    """Major and minor version, comparable; `text` is the whole release, e.g. `6.1.0-37-cloud-amd64`."""

    major: int
    minor: int
    text: str = ""

    def at_least(self, major: int, minor: int) -> bool:
        """Whether it is this version or a later one."""
        return (self.major, self.minor) >= (major, minor)

    def __str__(self) -> str:
        """The release as the kernel says it."""
        return self.text or f"{self.major}.{self.minor}"


def parse_kernel_release(text: str) -> KernelRelease:
    """Reads `6.1.0-37-cloud-amd64`; what has no version in front is 0.0."""
    numbers = []
    for part in text.strip().split(".", 2)[:2]:
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        numbers.append(int(digits) if digits else 0)
    major, minor = (*numbers, 0, 0)[:2]
    return KernelRelease(major, minor, text.strip())
