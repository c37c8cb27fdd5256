"""Writes through standard input into memory that nobody counts."""

import os

for path in ("/proc/self/fd/0", "/dev/fd/0"):
    try:
        os.write(os.open(path, os.O_RDWR), bytes(2**20))
        print("ESCAPED")
    except OSError:
        pass
