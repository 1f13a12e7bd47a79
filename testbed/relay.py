"""`python -m testbed.relay NAMESPACE FD ADDRESS PORT …`: brings ports of the bed to the host's loopback interface.

The listening sockets were made in the host's network namespace and stay there; this process then moves into the bed's,
so what it connects to is the bed's. That is all the contact between the two networks.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys

from pyroute2 import netns

CHUNK = 1 << 18


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One direction, until it ends; then the other side is told that no more comes."""
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


async def serve(listener: socket.socket, address: str, port: int) -> None:
    """Relay every connection until cancelled."""

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(address, port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(copy(reader, far_writer), copy(far_reader, writer))
        writer.close()
        far_writer.close()

    server = await asyncio.start_server(relay, sock=listener)
    await server.serve_forever()


async def serve_all(targets: list[tuple[socket.socket, str, int]]) -> None:
    """All ports, for ever."""
    await asyncio.gather(*(serve(*target) for target in targets))


def main() -> None:
    """Runs until it is killed."""
    namespace, *words = sys.argv[1:]
    targets = [(socket.socket(fileno=int(words[i])), words[i + 1], int(words[i + 2])) for i in range(0, len(words), 3)]
    descriptor = os.open(namespace, os.O_RDONLY)
    netns.setns(descriptor)
    os.close(descriptor)
    asyncio.run(serve_all(targets))


if __name__ == "__main__":
    main()
