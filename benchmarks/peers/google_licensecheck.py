"""google/licensecheck, of Debian's package of its source."""

from pathlib import Path

from peers import debian, go
from peers.asking import Peer

PACKAGE = "golang-github-google-licensecheck-dev"
MODULE = "github.com/google/licensecheck"


def install(folder: Path) -> Peer:
    """The driver with google/licensecheck built into it."""
    program = go.built(folder, PACKAGE, MODULE)
    name = "google/licensecheck"
    return Peer(name, debian.version(folder, PACKAGE), [str(program.absolute())], {"GOMAXPROCS": "1"})
