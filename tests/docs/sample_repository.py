"""A small repository for the guides: real git, always the same commits, with a file for each of the common reasons."""

import os
import subprocess
from pathlib import Path

MIT = """MIT License

Copyright (c) 2021 The widgets authors

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""

GEAR = '''"""Gears, and how they turn."""


def ratio(driver_teeth: int, driven_teeth: int) -> float:
    """Turns of the driven gear for one turn of the driver."""
    return driver_teeth / driven_teeth
'''

FIRST: dict[str, bytes] = {
    "LICENSE": MIT.encode(),
    "README.md": b"# widgets\n\nGears, levers and a chart of both, for lessons in mechanics.\n",
    "src/widgets/__init__.py": b"",
    "src/widgets/gear.py": GEAR.encode(),
    "src/widgets/gear_copy.py": GEAR.encode(),
    "web/chart.min.js": b"function draw(a,b){return a+b};" * 60 + b"\n",
    "web/logo.png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "third_party/pulley/pulley.py": b'"""A pulley, from elsewhere."""\n\nWHEELS = 2\n',
}
SECOND: dict[str, bytes] = {
    "src/widgets/lever.py": b'"""Levers."""\n\n\ndef balance(force: float, arm: float, other_arm: float) -> float:\n'
    b'    """Force on the other arm that keeps the lever still."""\n    return force * arm / other_arm\n',
    "src/widgets/solver.py": b"# SPDX-License-Identifier: GPL-3.0-or-later\n"
    b'"""Solves a train of gears."""\n\n\ndef product(ratios: list[float]) -> float:\n'
    b'    """The ratio of the whole train."""\n    result = 1.0\n    for one in ratios:\n'
    b"        result *= one\n    return result\n",
    "web/wide.js": b"// Rows of the chart, as the page shows them.\n" * 12
    + b"const table = ["
    + b", ".join(b"'row %d'" % number for number in range(60))
    + b"];\n",
}


def make(folder: Path) -> Path:
    """Makes the repository; equal commits, and so equal ids, every time."""
    folder.mkdir(parents=True)
    _git(folder, "init", "-q", "-b", "main")
    for day, files in ((1, FIRST), (2, SECOND)):
        for path, data in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        _git(folder, "add", "-A", "-f", ".")
        _git(folder, "commit", "-q", "-m", f"Lesson {day}", date=f"2024-03-0{day}T12:00:00+00:00")
    _git(folder, "remote", "add", "origin", "https://example.org/lessons/widgets")
    return folder


def _git(folder: Path, *arguments: str, date: str = "2024-03-01T12:00:00+00:00") -> None:
    who = {
        f"GIT_{role}_{part}": value
        for role in ("AUTHOR", "COMMITTER")
        for part, value in (("NAME", "lessons"), ("EMAIL", "lessons@example.org"), ("DATE", date))
    }
    env = os.environ | who | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(["git", "-c", "core.autocrlf=false", "-C", str(folder), *arguments], check=True, env=env)
