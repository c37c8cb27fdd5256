"""Talks to the network outside: by TCP, by UDP, by name."""

import socket

for kind, address in ((socket.SOCK_STREAM, ("192.0.2.1", 80)), (socket.SOCK_DGRAM, ("192.0.2.1", 53))):
    try:
        with socket.socket(socket.AF_INET, kind) as opened:
            opened.settimeout(1)
            opened.connect(address)
            opened.send(b"hello")
            print("ESCAPED", address)
    except OSError:
        pass
try:
    print("ESCAPED", socket.getaddrinfo("example.org", 80))
except OSError:
    pass
