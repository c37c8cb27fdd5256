"""Writes to standard error without an end, from a child."""

import os

if os.fork():
    os.wait()
while True:
    os.write(2, b"x" * 65536)
