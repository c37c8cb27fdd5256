"""Draws the windows of real packages whose personal data is labelled by hand: `python personal_data_draw.py FOLDER`.

A window is some lines around a cue, and a cue is much wider than any detector: an `@`, four numbers with dots, a word
such as author or phone, a path of a home folder, colons between hexadecimal digits, any long run of digits. Some
windows have no cue at all. Hashes decide which files and which cues, so nobody chose them; a window is labelled whole.
"""

import hashlib
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from tilth.config.sources import PackageSource
from tilth.data.facts.encoding import decode
from tilth.data.sources.package import resolve, stream
from tilth.records import Refusal

PACKAGES = {
    "pypi": (
        "scapy twisted netaddr dnspython paramiko scrapy requests django salt mercurial docutils babel aiohttp geoip2 "
        "pysnmp impacket mitmproxy borgbackup ansible-core nltk pygments sphinx celery networkx flask-admin buildbot "
        "zope.interface reportlab pycryptodome mailman python-whois email-validator ipwhois tornado gunicorn pywikibot"
    ).split(),
    "npm": (
        "geoip-lite ip-address nodemailer express mocha ejs whois forever node-forge mailparser log4js winston "
        "google-libphonenumber validator jquery codemirror bootstrap-table ua-parser-js netmask request-ip"
    ).split(),
}
CUES = {
    "at": (rb"[\w.+-]@[\w-]+\.\w", 130),
    "dots": (rb"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])", 110),
    "who": (rb"(?i)\b(?:author|copyright|maintain|written by|contribut|signed-off|thanks to|todo\()", 80),
    "home": (rb"(?i)[\\/](?:home|users)[\\/]\w", 30),
    "colons": (rb"(?i)\b[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){3,}", 30),
    "digits": (rb"(?i)(?:phone|tel|fax|card|ssn|iban|street|avenue)\W.{0,20}\d{2}|\+\d[\d ().-]{8,}\d", 50),
    "none": (rb"\n", 60),
    "hosts": (
        rb"(?<![\d.])(?!(?:0|10|127|255|192\.168|172\.(?:1[6-9]|2\d|3[01])|192\.0\.2|1\.2\.3)\.)"
        rb"\d{2,3}(?:\.\d{1,3}){3}(?![\d.])",
        100,
    ),
}
"""What a window is drawn around, and how many windows."""
LINES_AROUND, MOST_BYTES = 3, 900


@dataclass(frozen=True)
class Window:
    """A part of a file of a package, in its text as UTF-8."""

    index: str
    package: str
    version: str
    path: str
    sha256: str
    cue: str
    start: int
    end: int


def unpacked(folder: Path, index: str, name: str, version: str = "") -> Iterator[tuple[str, str, bytes]]:
    """Version, path and UTF-8 text of the text files of a package."""
    wanted = name + (f"{'==' if index == 'pypi' else '@'}{version}" if version else "")
    source = PackageSource(kind="package", index=index, packages=(wanted,))
    for unit in resolve(source, folder):
        if isinstance(unit, Refusal):
            print(f"{name} is left out: {unit.reason}", file=sys.stderr)
            continue
        for entry, raw in stream(unit, source):
            if raw and len(raw) < 400_000 and (text := decode(raw)[1]):
                yield unit.branch_name or "", entry.path, text


def _order(*words: object) -> str:
    return hashlib.sha256("\0".join(map(str, words)).encode()).hexdigest()


def _around(text: bytes, at: int) -> tuple[int, int]:
    start = end = at
    for _ in range(LINES_AROUND + 1):
        start = text.rfind(b"\n", 0, start)
        if start < 0:
            break
    for _ in range(LINES_AROUND + 1):
        end = text.find(b"\n", end + 1)
        if end < 0:
            end = len(text)
            break
    start, end = max(start + 1, at - MOST_BYTES // 2), min(end, at + MOST_BYTES // 2)
    while start < len(text) and text[start] & 0xC0 == 0x80:
        start += 1
    while end < len(text) and text[end] & 0xC0 == 0x80:
        end += 1
    return start, end


def of_package(folder: Path, index: str, name: str) -> list[Window]:
    """The windows of a package: at most one for a cue and file."""
    found = []
    for version, path, text in unpacked(folder, index, name):
        digest = hashlib.sha256(text).hexdigest()
        for cue, (pattern, _) in CUES.items():
            places = [match.start() for match in re.finditer(pattern, text)][:2000]
            if places:
                at = min(places, key=lambda place: _order(digest, cue, place))
                found.append(Window(index, name, version, path, digest, cue, *_around(text, at)))
    return found


def drawn(folder: Path) -> list[Window]:
    """The windows: of each cue those of smallest hash, no more than a few of a package, none that overlap."""
    every = [
        one for index, names in PACKAGES.items() for name in names for one in of_package(folder, index, name)
    ]
    chosen: list[Window] = []
    taken: set[str] = set()
    for cue, (_, most) in CUES.items():
        counts: dict[str, int] = {}
        number = 0
        for one in sorted((one for one in every if one.cue == cue), key=lambda one: _order(one.sha256, cue)):
            if number < most and counts.get(one.package, 0) < max(2, most // 12) and one.sha256 not in taken:
                counts[one.package] = counts.get(one.package, 0) + 1
                taken.add(one.sha256)
                chosen.append(one)
                number += 1
    return chosen


if __name__ == "__main__":
    for window in drawn(Path(sys.argv[1])):
        print(json.dumps(asdict(window)))
