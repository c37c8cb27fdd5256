"""Talks to a server on this machine."""

import json
import socket

port = json.load(open("target.json"))["port"]
for host in ("127.0.0.1", "::1", "localhost"):
    try:
        socket.create_connection((host, port), 1).sendall(b"hello")
        print("ESCAPED", host)
    except OSError:
        pass
