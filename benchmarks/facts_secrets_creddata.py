"""CredData (Samsung, github.com/Samsung/CredData): lines of 297 public repositories, labelled by people.

Its labels are fetched with the project, its files from the repositories at the commits that it names, and its own
program puts other values of the same shape in the place of those that were labelled as secrets. Half of the
repositories (by the number of their name) were used to write and to train; the figures are of the other half.
"""

import csv
import json
import shutil
import subprocess
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from zlib import crc32

from measure import environment

OURS = ("Password", "URL Credentials", "Secret", "Token", "Key", "Auth", "API", "Credential", "Salt", "JSON Web Token",
        "PEM Private Key", "AWS", "Azure", "Google", "Github", "Gitlab", "Slack", "Stripe", "Twilio Credentials",
        "Basic Authorization", "Bearer Authorization", "SQL Password", "CMD", "CURL", "NKEY Seed", "JWK",
        "Dropbox App secret", "Grafana", "MailGun", "BASE64", "OTP", "Tencent", "Salesforce")  # fmt: skip
"""Categories that are secrets; the others (identifiers, host names, nonces) count neither way."""
PASSWORDS = (
    "Password",
    "URL Credentials",
    "SQL Password",
    "CMD Password",
    "CURL User Password",
    "Auth",
    "Basic",
)
"""Those whose secrets have no form of their own."""


@dataclass(frozen=True)
class File:
    """One file of the set."""

    path: str
    raw: bytes
    secrets: dict[int, str]
    """Category of each line on which a secret begins."""
    other: frozenset[int]
    """Lines whose labels count neither way, and the further lines of secrets of several."""


def files(
    folder: Path, creddata: Path, repositories: Path, *, held_out: bool, plain: bool = False
) -> list[File]:
    """The files of the repositories that are there.

    Args:
        folder: Where to work.
        creddata: A clone of CredData.
        repositories: Folder with clones, `OWNER+NAME/repo` or `OWNER+NAME`, each with the commit that is asked for.
        held_out: Those that were not used to write rules, or the others.
        plain: The values as they are, for learning; nothing of them is printed or kept.
    """
    data = folder / ("creddata-plain" if plain else "creddata")
    done = data / "done"
    done.mkdir(parents=True, exist_ok=True)
    found = []
    for number, url in sorted(json.loads((creddata / "snapshot.json").read_text()).items()):
        name = f"{crc32(bytes.fromhex(number)):08x}"
        if int(name, 16) % 2 != held_out:
            continue
        if not (done / name).exists():
            _take(name, number[:40], _clone(repositories, url), creddata, data, plain)
        if (done / name).read_text() == "there":
            found += _read(name, creddata, data)
    return found


def _clone(repositories: Path, url: str) -> Path:
    base = repositories / "+".join(url.split("/")[-2:])
    return next((path for path in (base / "repo", base / "repo" / ".git", base) if path.is_dir()), base)


def _rows(name: str, creddata: Path) -> list[dict[str, str]]:
    with (creddata / "meta" / f"{name}.csv").open() as file:
        return list(csv.DictReader(file))


def _take(name: str, commit: str, clone: Path, creddata: Path, data: Path, plain: bool) -> None:
    """Writes the labelled files of one repository; a note says whether they are there."""
    wanted = {row["FileID"]: row["FilePath"] for row in _rows(name, creddata)}
    git = ["git", "-C", str(clone)]
    listed = subprocess.run(
        [*git, "ls-tree", "-r", "-z", "--name-only", commit], capture_output=True, check=False
    )
    for path in filter(None, listed.stdout.decode("utf-8", "replace").split("\0")):
        target = wanted.get(sha256(path.encode()).hexdigest()[:8])
        # A mirror may lack the largest files: the others count all the same.
        blob = (
            subprocess.run([*git, "cat-file", "blob", f"{commit}:{path}"], capture_output=True)
            if target
            else None
        )
        if blob and blob.returncode == 0:
            (data / target).parent.mkdir(parents=True, exist_ok=True)
            (data / target).write_bytes(blob.stdout)
    known = listed.returncode == 0 and (plain or _disguised(name, creddata, data))
    (data / "done" / name).write_text("there" if known else "not there")


def _disguised(name: str, creddata: Path, data: Path) -> bool:
    """Whether CredData's own program could put other values in the place of the labelled ones."""
    python = environment(data.parent, "creddata", ["pybase62==1.0.0"])
    labels = data / "labels"
    shutil.rmtree(labels, ignore_errors=True)
    labels.mkdir()
    rows = [row for row in _rows(name, creddata) if (data / row["FilePath"]).exists()]
    with (labels / f"{name}.csv").open("w") as file:
        writer = csv.DictWriter(file, rows[0] if rows else [])
        writer.writeheader()
        writer.writerows(rows)
    places = ["--meta_dir", str(labels.absolute()), "--data_dir", str((data / "data").absolute())]
    command = [str(python.absolute()), "obfuscate_creds.py", *places]
    return subprocess.run(command, cwd=creddata, capture_output=True, check=False).returncode == 0


def _read(name: str, creddata: Path, data: Path) -> list[File]:
    rows: dict[str, list[dict[str, str]]] = {}
    for row in _rows(name, creddata):
        rows.setdefault(row["FilePath"], []).append(row)
    found = []
    for path, labels in sorted(rows.items()):
        if not (data / path).exists():
            continue
        secrets, other = {}, set()
        for row in labels:
            first, last = int(row["LineStart"]), int(row["LineEnd"])
            kinds = row["Category"].split(":")
            if row["GroundTruth"] == "T" and any(kind.startswith(OURS) for kind in kinds):
                secrets[first] = kinds[0]
                other |= set(range(first + 1, last + 1))
            elif row["GroundTruth"] != "F":
                other |= set(range(first, last + 1))
        # The labels count lines that end in any way.
        raw = (data / path).read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        found.append(File(path, raw, secrets, frozenset(other - secrets.keys())))
    return found


def scored(
    chosen: list[File], reported: set[tuple[str, int]], kinds: tuple[str, ...] = ()
) -> tuple[float, float]:
    """Precision and recall by lines; recall of the categories that begin with one of `kinds`, where given."""
    labels = {(file.path, line): kind for file in chosen for line, kind in file.secrets.items()}
    aside = {(file.path, line) for file in chosen for line in file.other}
    hit = {place for place in labels if place in reported}
    false = {place for place in reported if place not in labels and place not in aside}
    asked = [place for place, kind in labels.items() if not kinds or kind.startswith(kinds)]
    recall = sum(place in hit for place in asked) / max(1, len(asked))
    return len(hit) / max(1, len(hit) + len(false)), recall
