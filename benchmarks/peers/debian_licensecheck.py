"""Debian's licensecheck, of Debian's package; told to look at every file and at the whole of it."""

import sys
from pathlib import Path

from peers import debian
from peers.asking import Peer

PACKAGE = "licensecheck"


def install(folder: Path) -> Peer:
    """Licensecheck with the Perl that its package wants."""
    root = debian.unpacked(folder, [PACKAGE])
    native = root / "usr" / "lib" / debian.triple()
    places = [
        *sorted((native / "perl5").glob("5.*")),
        root / "usr" / "share" / "perl5",
        native / "perl-base",
        *sorted((native / "perl").glob("5.*")),
        *sorted((root / "usr" / "share" / "perl").glob("5.*")),
    ]
    perl = [*debian.loader(root), str((root / "usr" / "bin" / "perl").absolute())]
    # The program looks for its own module at the place where the package is meant to be installed.
    own = str((root / "usr" / "share" / "licensecheck").absolute())
    text = (root / "usr" / "bin" / "licensecheck").read_text()
    script = root / "licensecheck"
    script.write_text(text.replace("'/usr/share/licensecheck'", f"'{own}'"))
    driver = [sys.executable, str(Path(__file__).with_name("drivers") / "debian_licensecheck.py")]
    path = ":".join(str(place.absolute()) for place in places)
    environment = {"PERL5LIB": path, "LC_ALL": "C.UTF-8"}
    return Peer(
        "debian licensecheck",
        debian.version(folder, PACKAGE),
        [*driver, *perl, str(script.absolute())],
        environment,
        at_once=50,
    )
