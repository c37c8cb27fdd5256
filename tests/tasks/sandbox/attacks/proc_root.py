"""Looks for the machine's own files through what other processes have open."""

import glob
import json

secret = json.load(open("target.json"))["secret"]
for root in glob.glob("/proc/[0-9]*/root") + glob.glob("/proc/[0-9]*/cwd") + glob.glob("/proc/[0-9]*/fd/*"):
    try:
        print("ESCAPED", open(root + "/" + secret).read())
    except OSError:
        pass
