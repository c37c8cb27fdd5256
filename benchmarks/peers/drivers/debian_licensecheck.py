"""Asks licensecheck about many files at once; a line of JSON for each: its words and the processor time of all."""

import json
import os
import subprocess
import sys

OPTIONS = [
    "--machine",
    "--shortname-scheme",
    "spdx,debian",
    "--check",
    ".",
    "--lines",
    "0",
    "--encoding",
    "utf8",
]


def answers(paths: list[str], options: list[str]) -> dict[str, str]:
    """What it says of each path that it says something of."""
    done = subprocess.run([*sys.argv[1:], *options, "--", *paths], capture_output=True, check=False)
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    return dict(line.split("\t", 1) for line in lines if "\t" in line)


def main() -> None:
    """Files that stop it in one encoding are asked about again, each alone and as bytes."""
    paths = [line.rstrip("\n") for line in sys.stdin]
    found = answers(paths, OPTIONS)
    for path in paths:
        if path not in found:
            found |= answers([path], OPTIONS[:-2])
    spent = os.times()
    seconds = (spent.children_user + spent.children_system) / max(1, len(paths))
    for path in paths:
        print(json.dumps({"words": found.get(path), "seconds": seconds}))


if __name__ == "__main__":
    main()
