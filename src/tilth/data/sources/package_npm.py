"""Archives of npm packages, fetched by the user's own npm; no script of a package runs."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from tilth.data.sources.package_record import Record, folder_of, load, save, unit_of
from tilth.errors import UserError, WorkFailed
from tilth.records import Refusal, Unit
from tilth.store import remote
from tilth.store.atomic import whole_file

NAME = re.compile(r"(@[a-z0-9~_.-][a-z0-9~._-]*/)?[A-Za-z0-9~_][A-Za-z0-9~._-]*")
"""What npm takes for a name in a registry; a folder, a file or a git URL never matches."""

_VERSION = re.compile(r"[0-9][0-9A-Za-z.+-]*")
_TIMEOUT_SECONDS = 300


class _Npm(Exception):
    def __init__(self, code: str, summary: str) -> None:
        super().__init__(f"{code}: {summary}")
        self.code = code


def resolve(name: str, version: str | None, cache: Path) -> Unit | Refusal:
    """The unit of one version (npm's `latest` without one); from `cache` alone where it was downloaded before.

    Raises:
        UserError: There is no npm.
        WorkFailed: The registry cannot be reached, or the file is not the one that it names.
    """
    origin = f"pkg:npm/{name}" + (f"@{version}" if version else "")
    refused = {"origin": origin, "repo_name": f"npm/{name}"}
    if not NAME.fullmatch(name) or (version is not None and not _VERSION.fullmatch(version)):
        return Refusal(**refused, reason="package_not_found", value="not a name and version of a registry")
    if version and (unit := _cached(name, version, cache)):
        return unit
    try:
        facts = _facts(f"{name}@{version}" if version else name)
        found = str(facts.get("version", ""))
        if not found:
            return Refusal(**refused, reason="package_not_found", value=version or "")
        if unit := _cached(name, found, cache):
            return unit
        return _download(name, found, facts, cache)
    except _Npm as failure:
        if failure.code in ("E404", "ETARGET", "ENOVERSIONS"):
            return Refusal(**refused, reason="package_not_found", value=str(failure))
        raise WorkFailed(
            f"npm could not fetch `{name}`: {failure}", hint="run the same command again"
        ) from failure


def _cached(name: str, version: str, cache: Path) -> Unit | None:
    folder = folder_of(cache, "npm", name, version)
    record = load(folder)
    return unit_of(record, folder) if record else None


def _facts(spec: str) -> dict[str, Any]:
    answer = _npm(["view", spec, "version", "dist.integrity", "dist.shasum", "time"])
    return answer[-1] if isinstance(answer, list) and answer else answer if isinstance(answer, dict) else {}


def _download(name: str, version: str, facts: dict[str, Any], cache: Path) -> Unit:
    folder = folder_of(cache, "npm", name, version)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as place:
        _npm(["pack", f"{name}@{version}", "--ignore-scripts", "--pack-destination", place])
        packed = next(Path(place).glob("*.tgz"), None)
        if packed is None:
            raise WorkFailed(f"`npm pack {name}@{version}` wrote no file")
        _verify(packed, facts, f"{name}@{version}")
        target = folder / packed.name
        with whole_file(target) as temporary:
            packed.rename(temporary)
    times = facts.get("time")
    uploaded = times.get(version) if isinstance(times, dict) else None
    record = Record("npm", name, version, {target.name: remote.sha256_of(target)}, uploaded)
    save(folder, record)
    return unit_of(record, folder)


def _verify(path: Path, facts: dict[str, Any], what: str) -> None:
    """The strongest hash that the registry states (Subresource Integrity, W3C), else its SHA-1."""
    data = path.read_bytes()
    for algorithm in ("sha512", "sha384", "sha256"):
        for stated in str(facts.get("dist.integrity", "")).split():
            if stated.startswith(algorithm + "-"):
                found = base64.b64encode(hashlib.new(algorithm, data).digest()).decode()
                return _same(stated.split("-", 1)[1].split("?")[0], found, what)
    return _same(str(facts.get("dist.shasum")), hashlib.sha1(data, usedforsecurity=False).hexdigest(), what)


def _same(stated: str, found: str, what: str) -> None:
    if stated != found:
        hint = "the file was not kept; ask whoever keeps the registry"
        raise WorkFailed(f"`{what}` is not what its registry names: {found}, not {stated}", hint=hint)


def _npm(arguments: list[str]) -> Any:
    client = shutil.which("npm")
    if client is None:
        raise UserError("npm packages are fetched by `npm`, which is not installed", hint="install Node.js")
    try:
        done = subprocess.run(
            [client, *arguments, "--json"],
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _Npm("ETIMEDOUT", f"no answer in {_TIMEOUT_SECONDS} seconds") from error
    try:
        answer = json.loads(done.stdout) if done.stdout.strip() else {}
    except ValueError:
        answer = {}
    if done.returncode or (isinstance(answer, dict) and "error" in answer):
        fault = answer.get("error", {}) if isinstance(answer, dict) else {}
        raise _Npm(str(fault.get("code", "")), str(fault.get("summary") or done.stderr.strip()[-500:]))
    return answer
