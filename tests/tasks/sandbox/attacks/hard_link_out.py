"""Links a file of the system into its own folder, to write to it there."""

import os

for path in ("/usr/bin/env", "/etc/ld.so.cache"):
    try:
        os.link(path, "mine")
        open("mine", "r+b")
        print("ESCAPED")
    except OSError:
        pass
