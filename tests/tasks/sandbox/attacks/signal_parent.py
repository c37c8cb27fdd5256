"""Kills its parent, everything it can see, and the process outside that started it."""

import json
import os
import signal

signal.signal(signal.SIGTERM, signal.SIG_IGN)
for pid in (os.getppid(), 1, json.load(open("target.json"))["parent"], -1):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL):
        try:
            os.kill(pid, number)
        except OSError:
            pass
print("still here")
