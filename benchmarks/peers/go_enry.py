"""go-enry, of Debian's package of its source, without its binding to Oniguruma."""

from pathlib import Path

from peers import debian, go
from peers.asking import Peer

PACKAGE = "golang-github-go-enry-go-enry-dev"
MODULE = "github.com/go-enry/go-enry/v2"


def install(folder: Path) -> Peer:
    """The driver with go-enry built into it."""
    program = go.built(folder, PACKAGE, MODULE, ["regex/oniguruma.go"])
    return Peer("go-enry", debian.version(folder, PACKAGE), [str(program.absolute())], {"GOMAXPROCS": "1"})
