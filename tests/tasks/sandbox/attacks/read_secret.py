"""Reads a file that every user of this machine may read."""

import json

try:
    print("ESCAPED", open(json.load(open("target.json"))["secret"]).read())
except OSError:
    pass
