"""Remake ``languages.json`` from the npm package that carries Linguist's table of languages.

Run ``python -m tilth.data.facts.tables.refresh`` (needs ``npm``). The version and the hash of the package are
pinned here, so that the table changes only when somebody means it to.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from tilth.errors import CheckFailed, UserError

PACKAGE = "linguist-languages"
PACKAGE_VERSION = "9.5.0"
PACKAGE_SHA512 = (
    "5ad83d3ba88734160525056d3cdc1609a5a4344a99aa208623881291e1fc4eab"
    "e0654c9bd4851698549af59f54853dfddbf697e8f7a86bdd5b1fdb036a1d5957"
)
TABLE = Path(__file__).with_name("languages.json")

_TOKEN = re.compile(
    r"""(?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
    r"""|(?P<key>[A-Za-z_]\w*)(?=\s*:)"""
    r"""|,(?=\s*[\]}])"""
)


def object_of(module: str) -> dict[str, Any]:
    """The object that a module of the form ``export default {...}`` exports.

    Raises:
        CheckFailed: The module has another form.
    """

    def as_json(token: re.Match[str]) -> str:
        if token["key"]:
            return f'"{token["key"]}"'
        if token["string"]:
            inside = token["string"][1:-1].replace("\\'", "'")
            return json.dumps(inside) if token["string"][0] == "'" else token["string"]
        return ""

    body = module.strip().removeprefix("export default").strip().rstrip(";")
    try:
        found: dict[str, Any] = json.loads(_TOKEN.sub(as_json, body))
    except ValueError as wrong:
        raise CheckFailed(f"a module of {PACKAGE} is not a plain object: {wrong}") from wrong
    return found


def table_of(package: Path) -> dict[str, Any]:
    """The table to store, from the unpacked npm package."""
    languages = [object_of(path.read_text("utf-8")) for path in package.glob("data/*.js")]
    rows = [
        [
            language["name"],
            language["type"],
            language.get("group"),
            language.get("extensions", []),
            language.get("filenames", []),
            language.get("interpreters", []),
            language.get("aliases", []),
        ]
        for language in sorted(languages, key=lambda language: language["name"].casefold())
    ]
    notices = [(package / name).read_text("utf-8") for name in ("LICENSE", "ThirdPartyNoticeText.txt")]
    return {
        "source": f"npm:{PACKAGE}",
        "version": PACKAGE_VERSION,
        "licence": "MIT",
        "notice": "\n\n".join(notices),
        "columns": ["name", "type", "group", "extensions", "filenames", "interpreters", "aliases"],
        "rows": rows,
    }


def main() -> None:
    """Fetch the package, check its hash and write the table."""
    npm = shutil.which("npm")
    if npm is None:
        raise UserError("npm is not installed", hint="it comes with Node.js, and only this script needs it")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([npm, "pack", "--silent", f"{PACKAGE}@{PACKAGE_VERSION}"], cwd=folder, check=True)
        archive = next(Path(folder).glob("*.tgz"))
        found = hashlib.sha512(archive.read_bytes()).hexdigest()
        if found != PACKAGE_SHA512:
            raise CheckFailed(f"{archive.name} has sha512 {found}, not {PACKAGE_SHA512}")
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
        table = table_of(Path(folder, "package"))
    head = json.dumps({**table, "rows": None}, ensure_ascii=False, indent=1).removesuffix("null\n}")
    rows = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in table["rows"])
    TABLE.write_text(f"{head}[\n{rows}\n]\n}}\n", "utf-8")
    sys.stdout.write(f"{TABLE.name}: {len(table['rows'])} languages\n")


if __name__ == "__main__":
    main()
