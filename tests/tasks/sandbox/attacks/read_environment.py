"""Reads the environment of what started it: its own, and that of all processes it can see."""

import glob
import os

found = " ".join(f"{name}={value}" for name, value in os.environ.items()).encode()
for path in glob.glob("/proc/[0-9]*/environ"):
    try:
        found += open(path, "rb").read()
    except OSError:
        pass
if b"TILTH_TEST_SECRET" in found:
    print("ESCAPED")
