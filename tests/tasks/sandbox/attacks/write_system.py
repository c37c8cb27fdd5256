"""Writes into folders that the system runs programs from, and into the interpreter's own."""

import os
import sys

for folder in (
    "/",
    "/usr/bin",
    "/usr/lib",
    "/bin",
    "/dev",
    "/proc",
    "/etc",
    sys.base_prefix,
    os.path.dirname(os.__file__),
):
    try:
        open(os.path.join(folder, "tilth-attack.py"), "w")
        print("ESCAPED", folder)
    except OSError:
        pass
