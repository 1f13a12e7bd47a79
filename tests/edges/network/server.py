"""Answers on one port, with its words and the address that asked: server.py TRANSPORT ADDRESS PORT WORDS DEVICE."""

import socket
import sys

transport, address, port, words, device = sys.argv[1:]
family = socket.AF_INET6 if ":" in address else socket.AF_INET
kind = socket.SOCK_STREAM if transport == "tcp" else socket.SOCK_DGRAM
with socket.socket(family, kind) as server:
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if device:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
    server.bind((address, int(port)))
    if transport == "tcp":
        server.listen()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        if transport == "tcp":
            connection, asked = server.accept()
            with connection:
                connection.sendall(f"{words} {asked[0]}".encode())
        else:
            _, asked = server.recvfrom(100)
            server.sendto(f"{words} {asked[0]}".encode(), asked)
