"""Becomes root, by asking and by programs that are allowed to."""

import os
import shutil
import subprocess

for become in (os.setuid, os.setgid, os.seteuid):
    try:
        become(0)
        print("ESCAPED")
    except OSError:
        pass
for name in ("su", "sudo", "mount", "newgrp", "pkexec"):
    if path := shutil.which(name):
        ended = subprocess.run(
            [path, "-c", "id -u"], stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        if ended.stdout.strip() == "0":
            print("ESCAPED", name)
