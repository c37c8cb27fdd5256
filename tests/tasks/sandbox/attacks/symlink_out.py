"""Follows a symbolic link that leads out of its folder, to read and to write."""

import json
import os

target = json.load(open("target.json"))
os.symlink(target["secret"], "link")
os.symlink(os.path.dirname(target["secret"]), "folder")
for path in ("link", f"folder/{os.path.basename(target['secret'])}"):
    for mode in ("r", "r+"):
        try:
            open(path, mode)
            print("ESCAPED", path, mode)
        except OSError:
            pass
