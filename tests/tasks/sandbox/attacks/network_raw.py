"""Opens sockets that pass by the network's rules: raw, packet, netlink, virtual machine, kernel cryptography."""

import socket

kinds = [
    (socket.AF_INET, socket.SOCK_RAW, 1),
    (17, socket.SOCK_RAW, 3),
    (16, socket.SOCK_RAW, 0),
    (40, 1, 0),
    (38, 5, 0),
]
for family, kind, protocol in kinds:
    try:
        socket.socket(family, kind, protocol)
        print("ESCAPED", family)
    except OSError:
        pass
