"""ScanCode's matcher, of PyPI's package, in an environment of its own."""

import subprocess
from pathlib import Path

from measure import environment

from peers.asking import Peer
from peers.debian import NotInstallable

VERSION = "32.5.0"


def install(folder: Path, python: Path | None = None) -> Peer:
    """The driver with the Python that has ScanCode.

    Args:
        folder: Where to make the environment.
        python: One that has it already.
    """
    if python is None:
        try:
            python = environment(folder, "scancode", [f"scancode-toolkit=={VERSION}", "pluggy<1.6"])
        except subprocess.CalledProcessError as error:
            raise NotInstallable("scancode-toolkit cannot be installed from the package index") from error
    driver = Path(__file__).with_name("drivers") / "ask_scancode.py"
    return Peer("scancode", VERSION, [str(python), str(driver)])
