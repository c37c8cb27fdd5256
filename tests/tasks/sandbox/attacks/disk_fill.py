"""Writes files until the disk is full."""

import itertools

written = 0
try:
    for number in itertools.count():
        with open(f"{number}", "wb") as file:
            written += file.write(bytes(2**20))
except OSError:
    pass
if written > 100 * 2**20:
    print("ESCAPED", written)
