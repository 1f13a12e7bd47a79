"""A proxy for HTTPS (CONNECT, RFC 9110 section 9.3.6) that leads every name to one place; run in a pod of the tests.

connect_proxy.py HOST PORT
"""

import asyncio
import sys


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass  # the other side went first
    finally:
        writer.close()


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    sys.stderr.write(head.split(b"\r\n", 1)[0].decode() + "\n")
    far_reader, far_writer = await asyncio.open_connection(sys.argv[1], int(sys.argv[2]))
    writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
    await asyncio.gather(copy(reader, far_writer), copy(far_reader, writer))


async def main() -> None:
    server = await asyncio.start_server(serve, "0.0.0.0", 3128)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
