"""Reads the home folder of whoever runs it."""

import json
import os

home = json.load(open("target.json"))["home"]
for folder in (home, "/root", "/home"):
    try:
        if [name for name in os.listdir(folder) if name != ".pyenv"]:
            print("ESCAPED", os.listdir(folder))
    except OSError:
        pass
