"""Talks to a Unix socket without a file, which only network namespaces keep apart."""

import json
import socket

try:
    socket.socket(socket.AF_UNIX).connect("\0" + json.load(open("target.json"))["abstract"])
    print("ESCAPED")
except OSError:
    pass
