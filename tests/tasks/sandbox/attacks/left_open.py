"""Uses files that what started it left open."""

import os

for descriptor in range(3, 1024):
    try:
        os.fstat(descriptor)
    except OSError:
        continue
    if "main.py" not in os.readlink(f"/proc/self/fd/{descriptor}"):
        print("ESCAPED", descriptor, os.readlink(f"/proc/self/fd/{descriptor}"))
