"""GitHub's Linguist, of Debian's package."""

from pathlib import Path

from peers import debian
from peers.asking import Peer

PACKAGE = "ruby-github-linguist"


def install(folder: Path) -> Peer:
    """Linguist with the Ruby that its package wants."""
    root = debian.unpacked(folder, [PACKAGE])
    ruby = max((root / "usr" / "bin").glob("ruby[0-9]*"))
    series = f"{ruby.name.removeprefix('ruby')}.0"
    triple = debian.triple()
    native = root / "usr" / "lib" / triple
    gems = native / "rubygems-integration" / series
    places = [
        *sorted((gems / "gems").glob("*/lib")),
        *sorted((gems / "extensions").glob("*/*/*")),
        *sorted((root / "usr/share/rubygems-integration/all/gems").glob("*/lib")),
        *sorted((root / "usr/lib/ruby/gems" / series / "gems").glob("*/lib")),
        root / "usr" / "lib" / "ruby" / "vendor_ruby",
        root / "usr" / "lib" / "ruby" / series,
        native / "ruby" / series,
    ]
    command = [
        *debian.loader(root),
        str(ruby),
        "--disable-gems",
        str(Path(__file__).with_name("drivers") / "linguist.rb"),
    ]
    path = ":".join(str(place.absolute()) for place in places)
    return Peer("linguist", debian.version(folder, PACKAGE), command, {"RUBYLIB": path, "LC_ALL": "C.UTF-8"})
