"""The licences of files of real packages, as somebody else labelled them: ours, ScanCode's and google/licensecheck's.

    python benchmarks/facts_licence_packages.py FOLDER [--quick] [--scancode PYTHON]

FOLDER keeps what is fetched, the peers, and what ScanCode said of each file, so that it is asked once. --scancode takes
the Python of an environment that has ScanCode instead of making one. Two sets, both of Debian's source packages:

- debian: files that a machine-readable debian/copyright covers, at most FROM_PACKAGE of a package, half of them from
  paragraphs that do not cover the whole package. Licence files and debian/ itself are left out: the label says what
  covers them, not what they say.
- reuse: files of packages that follow REUSE, which state their licence in a tag; as they are (`reuse_tags`), and with
  the lines of the tags taken out (`reuse_text`), where the label is only right for what other text is left.

A label that does not map to SPDX with certainty is not used (see `facts_licence_labels.py`). Most files say nothing of
a licence and have the label of their package, so a set is scored on the files of which at least one of the three tools
says something, the same files for all. F1 is over the licences of all files together. Only text, of at most MOST_BYTES.
"""

import argparse
import hashlib
import pickle
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from facts_licence_labels import Copyright, Label, atoms, reuse_label, without_tags
from measure import finish
from peers import debian, google_licensecheck, scancode
from peers.asking import Peer, laid_out, remembered

from tilth.data.facts import licence
from tilth.data.facts.batch import Batch
from tilth.data.sources import package_debian
from tilth.errors import WorkFailed
from tilth.records import Unit

MOST_BYTES = 100_000
FROM_PACKAGE = 60
QUICK, FULL = 400, 1_500
PACKAGES = (
    "apache2 apt audacity bind9 bzip2 cairo curl cyrus-sasl2 debhelper devscripts dpkg eigen3 expat ffmpeg fontconfig "
    "freeciv freetype gnupg2 gnuplot gnutls28 gst-plugins-base1.0 gstreamer1.0 guava-libraries harfbuzz htop "
    "imagemagick jq krb5 libarchive libgcrypt20 libsdl2 libssh2 libvirt libxml2 lintian lua5.4 mesa mpv nginx openldap "
    "openttd pango1.0 poco pulseaudio python-cryptography qbittorrent rsync systemd tmux tomcat10 util-linux vim "
    "weechat xorg-server xz-utils zlib"
).split()
REUSE_PACKAGES = (
    "akonadi bind9 curl kconfig kcoreaddons ki18n kio kwayland okular poco systemd util-linux".split()
)
# Without tags, what is left of a file is mostly the notice of one licence, which every tool can read.
GOALS = {
    f"{name}_over_{peer}": goal
    for name, goal in (("debian", "> 1"), ("reuse_tags", ">= 1"), ("reuse_text", ">= 1"))
    for peer in ("scancode", "google")
}
_LICENCE_FILE = re.compile(r"(?i)(licen[sc]e|copying|copyright|notice|authors|credits)s?\b")


@dataclass(frozen=True)
class Case:
    """A file with a label."""

    package: str
    path: str
    raw: bytes
    label: Label
    is_default: bool


def order(*words: str) -> str:
    """The place of a file in the draw: by hash, the same every time."""
    return hashlib.sha256("\0".join(words).encode()).hexdigest()


def texts_of(folder: Path, package: str) -> list[tuple[str, bytes]]:
    """Paths and contents of the text files of a source package; none where it cannot be had."""
    try:
        dsc = debian.source(folder, package)
        unit = Unit(
            source="", origin=package, repo_name=package, tree_key="", location=str(dsc), snapshot_id=dsc.stem
        )
        found = [(entry.path, data) for entry, data in package_debian.stream(unit) if data]
    except (debian.NotInstallable, WorkFailed) as error:
        print(f"{package} is left out: {error}")
        return []
    return [(path, raw) for path, raw in found if b"\0" not in raw[:8000]]


def is_asked(path: str, raw: bytes) -> bool:
    """Whether a file can be a case."""
    name = path.rsplit("/", 1)[-1]
    return (
        len(raw) <= MOST_BYTES
        and name.isprintable()
        and not path.startswith("debian/")
        and "LICENSES/" not in path
        and not _LICENCE_FILE.match(name)
    )


def debian_cases(folder: Path, package: str) -> Iterator[Case]:
    """Files under a machine-readable copyright file."""
    files = texts_of(folder, package)
    text = next((raw for path, raw in files if path == "debian/copyright"), b"").decode("utf-8", "replace")
    try:
        rules = Copyright(text.strip())
    except ValueError:
        print(f"{package} is left out: its copyright file is not machine-readable")
        return
    halves: dict[bool, list[Case]] = {True: [], False: []}
    for path, raw in sorted(files, key=lambda file: order(package, file[0])):
        label, is_default = rules.label(path) if is_asked(path, raw) else (None, True)
        if label and len(halves[is_default]) < FROM_PACKAGE // 2:
            halves[is_default].append(Case(package, path, raw, label, is_default))
    yield from [*halves[True], *halves[False]]


def reuse_cases(folder: Path, package: str) -> Iterator[Case]:
    """Files that state their licence in a tag."""
    left = FROM_PACKAGE
    for path, raw in sorted(texts_of(folder, package), key=lambda file: order(package, file[0])):
        label = reuse_label(raw) if left and is_asked(path, raw) else None
        if label:
            left -= 1
            yield Case(package, path, raw, label, False)


def drawn(
    folder: Path, packages: Sequence[str], cases: Callable[[Path, str], Iterator[Case]], most: int
) -> list[Case]:
    """The cases of packages, as many as asked for; kept, so that a package is unpacked once."""
    found: list[Case] = []
    for package in packages:
        kept = folder / "labelled" / f"{cases.__name__}-{package}.pickle"
        if not kept.is_file():
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(pickle.dumps([astuple(case) for case in cases(folder, package)]))
        found += [Case(*fields) for fields in pickle.loads(kept.read_bytes())]
    return sorted(found, key=lambda case: order(case.package, case.path))[:most]


def ours_on(files: Sequence[tuple[str, bytes]]) -> tuple[list[Label], float]:
    """Our answers, and files a second of processor time."""
    batch = Batch.of(
        [str(at) for at in range(len(files))], [name for name, _ in files], [raw for _, raw in files]
    )
    licence.compute(batch)
    start = time.process_time()
    columns = licence.compute(batch)
    seconds = time.process_time() - start
    return [atoms([one]) for one in columns["licence_expression"]], len(files) / seconds


def scores(cases: Sequence[Case], answers: Sequence[Label]) -> dict[str, float]:
    """Precision, recall and F1 over licences, and the share of files whose set is exact."""
    right = sum(len(case.label & found) for case, found in zip(cases, answers, strict=True))
    said = sum(map(len, answers))
    stated = sum(len(case.label) for case in cases)
    exact = sum(case.label == found for case, found in zip(cases, answers, strict=True))
    return {
        "f1": 2 * right / max(1, said + stated),
        "precision": right / max(1, said),
        "recall": right / max(1, stated),
        "exact": exact / max(1, len(cases)),
    }


Tool = Callable[[Sequence[Path], Sequence[tuple[str, bytes]]], tuple[list[Label], float]]


def tools(folder: Path, python: Path | None) -> tuple[dict[str, Tool], dict[str, str]]:
    """Ours and the peers that can be installed, and why the others cannot."""

    def by(peer: Peer, keep: bool, read: Callable[[dict[str, Any]], Label]) -> Tool:
        def ask(paths: Sequence[Path], _: Sequence[tuple[str, bytes]]) -> tuple[list[Label], float]:
            told = remembered(peer, paths, folder / "answers") if keep else list(peer.answers(paths))
            return [read(one) for one in told], len(told) / max(1e-9, sum(one["seconds"] for one in told))

        return ask

    found: dict[str, Tool] = {"ours": lambda _, files: ours_on(files)}
    missing = {}
    try:
        found["scancode"] = by(
            scancode.install(folder, python), True, lambda one: atoms(match[0] for match in one["matches"])
        )
    except debian.NotInstallable as error:
        missing["scancode"] = str(error)
    try:
        found["google"] = by(google_licensecheck.install(folder), False, lambda one: atoms(one["ids"]))
    except debian.NotInstallable as error:
        missing["google"] = str(error)
    return found, missing


def measured(folder: Path, cases: Sequence[Case], asked: dict[str, Tool]) -> dict[str, Any]:
    """The scores of each tool on the files of which one of them says something."""
    files = [(case.path.rsplit("/", 1)[-1], case.raw) for case in cases]
    paths = laid_out(folder / "cases", files)
    told = {name: ask(paths, files) for name, ask in asked.items()}
    pool = [at for at in range(len(cases)) if any(answers[at] for answers, _ in told.values())]
    own = [at for at in pool if not cases[at].is_default]
    result: dict[str, Any] = {"files": len(cases), "scored": len(pool), "own_paragraph": len(own)}
    for name, (answers, speed) in told.items():
        result[name] = scores([cases[at] for at in pool], [answers[at] for at in pool])
        result[name]["f1_own_paragraph"] = scores([cases[at] for at in own], [answers[at] for at in own])[
            "f1"
        ]
        result[name] = {key: round(value, 4) for key, value in result[name].items()}
        result[name]["files_per_second"] = round(speed, 1)
    return result


def main() -> None:
    """Fetch, ask, score, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--scancode", type=Path)
    given = parser.parse_args()
    most = QUICK if given.quick else FULL
    asked, missing = tools(given.folder, given.scancode)
    sets_of = {
        "debian": drawn(given.folder, PACKAGES, debian_cases, most * 3 // 4),
        "reuse_tags": drawn(given.folder, REUSE_PACKAGES, reuse_cases, most // 4),
    }
    sets_of["reuse_text"] = [
        Case(case.package, case.path, without_tags(case.raw), case.label, case.is_default)
        for case in sets_of["reuse_tags"]
    ]
    sets = {name: measured(given.folder, cases, asked) for name, cases in sets_of.items()}
    ratios = {}
    for goal in GOALS:
        name, peer = goal.split("_over_")
        if peer in asked:
            ratios[goal] = sets[name]["ours"]["f1"] / max(1e-9, sets[name][peer]["f1"])
    ours = {name: figures.pop("ours") | figures for name, figures in sets.items()}
    peers: dict[str, Any] = {
        peer: {name: ours[name].pop(peer) for name in ours} for peer in asked if peer != "ours"
    }
    peers |= {peer: f"not installed: {why}" for peer, why in missing.items()}
    finish("facts_licence_packages", ours, peers, ratios, {goal: GOALS[goal] for goal in ratios})


if __name__ == "__main__":
    main()
