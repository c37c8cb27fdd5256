"""Packages, from an index made here; the real registries are asked by the tests marked `network` only."""

import hashlib
import http.server
import io
import json
import os
import shutil
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tilth.config.sources import PackageSource
from tilth.data.sources import package, package_debian, package_index, package_npm
from tilth.errors import UserError, WorkFailed
from tilth.records import Refusal, Unit
from tilth.store import remote

SETUP_THAT_MUST_NOT_RUN = b"raise SystemExit('a build ran')\n"


def sdist(name: str, version: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for path, data in (("setup.py", SETUP_THAT_MUST_NOT_RUN), ("src/a.py", version.encode())):
            info = tarfile.TarInfo(f"{name}-{version}/{path}")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def add(index: Path, name: str, *versions: str, spoil: str = "", yanked: str = "") -> None:
    folder = index / name
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f'<a href="{name}-9.0-py3-none-any.whl#sha256={"0" * 64}">wheel</a>']
    for version in versions:
        data = sdist(name, version)
        (folder / f"{name}-{version}.tar.gz").write_bytes(data)
        digest = "f" * 64 if version == spoil else hashlib.sha256(data).hexdigest()
        mark = ' data-yanked=""' if version == yanked else ""
        lines.append(f'<a href="./{name}-{version}.tar.gz#sha256={digest}"{mark}>x</a>')
    (folder / "index.html").write_text("<!DOCTYPE html>" + "\n".join(lines))


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "simple"
    folder.mkdir()
    monkeypatch.setattr(package_index, "configured", lambda: package_index.Indexes((folder.as_uri(),)))
    monkeypatch.setattr(remote, "BACKOFF_SECONDS", 0)
    yield folder


def resolved(cache: Path, *names: str, index: str = "pypi") -> list[Unit | Refusal]:
    source = PackageSource.model_validate({"kind": "package", "index": index, "packages": names})
    return list(package.resolve(source, cache))


def contents(unit: Unit | Refusal, index: str = "pypi") -> dict[str, bytes]:
    assert isinstance(unit, Unit)
    source = PackageSource.model_validate({"kind": "package", "index": index, "packages": ["x"]})
    return {entry.path: data for entry, data in package.stream(unit, source) if data is not None}


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("", "pypi"),
        ("a b", "pypi"),
        ("a==", "pypi"),
        ("a>=1", "pypi"),
        ("../x", "pypi"),
        ("-r", "pypi"),
        ("a===1", "pypi"),
        ("./folder", "npm"),
        ("git+ssh://x", "npm"),
        ("--flag", "npm"),
        ("a@", "npm"),
        ("--x", "debian"),
        ("a=", "debian"),
    ],
)
def test_names_that_are_none(text: str, index: str) -> None:
    with pytest.raises(UserError):
        package.parse(text, index)


def test_names_and_versions() -> None:
    assert package.parse(" requests == 2.32.3 ", "pypi") == ("requests", "2.32.3")
    assert package.parse("@scope/name@1.0.0", "npm") == ("@scope/name", "1.0.0")
    assert package.parse("@scope/name", "npm") == ("@scope/name", None)
    assert package.parse("hello=2.10-3", "debian") == ("hello", "2.10-3")


def test_list_of_packages(index: Path, tmp_path: Path) -> None:
    add(index, "a", "1.0")
    names = tmp_path / "names.txt"
    names.write_text("# the list\na==1.0  # pinned\n\na==1.0\n")
    source = PackageSource(kind="package", index="pypi", list=str(names))
    assert len(list(package.resolve(source, tmp_path / "cache"))) == 1
    with pytest.raises(UserError):
        list(
            package.resolve(PackageSource(kind="package", index="pypi", list=str(tmp_path / "no")), tmp_path)
        )


def test_missing_package_and_missing_archive_are_refusals(index: Path, tmp_path: Path) -> None:
    add(index, "a")
    add(index, "b", "1.0")
    found = resolved(tmp_path / "cache", "nothing", "a", "b==2.0", "b==what", "b")
    assert [unit.reason for unit in found if isinstance(unit, Refusal)] == ["package_not_found"] + [
        "no_source_archive"
    ] * 3
    assert isinstance(found[-1], Unit)


def test_unit_of_a_package(index: Path, tmp_path: Path) -> None:
    add(index, "my-pkg", "1.0")
    (unit,) = resolved(tmp_path / "cache", "My.Pkg==1.0")
    assert isinstance(unit, Unit)
    assert (unit.origin, unit.repo_name) == ("pkg:pypi/my-pkg@1.0", "pypi/my-pkg")
    assert (unit.history_id, unit.branch_name, unit.revision_date) == ("pkg:pypi/my-pkg", "1.0", None)
    listed = (index / "my-pkg" / "my-pkg-1.0.tar.gz").read_bytes()
    assert unit.tree_key == "archive:" + hashlib.sha256(listed).hexdigest()
    assert contents(unit) == {"setup.py": SETUP_THAT_MUST_NOT_RUN, "src/a.py": b"1.0"}


def test_newest_is_the_highest_that_is_released_and_not_yanked(index: Path, tmp_path: Path) -> None:
    add(index, "a", "1.9", "1.10", "2.0rc1", "1.11", yanked="1.11")
    add(index, "b", "1.0a1", "1.0a2")
    newest, only = resolved(tmp_path / "cache", "a", "b")
    assert isinstance(newest, Unit) and newest.branch_name == "1.10"
    assert isinstance(only, Unit) and only.branch_name == "1.0a2"
    (pinned,) = resolved(tmp_path / "cache", "a==1.11")
    assert isinstance(pinned, Unit)


def test_file_that_is_not_the_one_named_is_not_kept(index: Path, tmp_path: Path) -> None:
    add(index, "a", "1.0", spoil="1.0")
    with pytest.raises(WorkFailed, match="sha256"):
        resolved(tmp_path / "cache", "a")
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


def test_stated_version_is_found_without_the_index(index: Path, tmp_path: Path) -> None:
    add(index, "a", "1.0")
    (first,) = resolved(tmp_path / "cache", "a==1.0")
    shutil.rmtree(index)
    (second,) = resolved(tmp_path / "cache", " a == 1.0 ")
    assert first == second
    assert isinstance(first, Unit)
    Path(first.location).write_bytes(b"spoilt")
    assert isinstance(resolved(tmp_path / "cache", "a==1.0")[0], Refusal)


def test_name_cannot_lead_out_of_the_cache(tmp_path: Path) -> None:
    from tilth.data.sources.package_record import folder_of

    for name in ("../../x", "@a/../b", "..", "/etc"):
        assert tmp_path in folder_of(tmp_path, "npm", name, "..").parents
        assert ".." not in folder_of(tmp_path, "npm", name, "..").parts


def test_index_over_http_in_json_with_times_and_retries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = sdist("a", "1.0")
    asked: list[str] = []

    class Index(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            if self.path == "/simple/a/" and asked.count(self.path) == 1:
                self.send_error(503)
                return
            if self.path not in ("/simple/a/", "/files/a-1.0.tar.gz"):
                self.send_error(404)
                return
            digest = hashlib.sha256(data).hexdigest()
            file = {"filename": "a-1.0.tar.gz", "url": "/files/a-1.0.tar.gz", "hashes": {"sha256": digest}}
            file["upload-time"] = "2024-05-29T15:37:49.536Z"
            body = data if "files" in self.path else json.dumps({"files": [file]}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/vnd.pypi.simple.v1+json")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    monkeypatch.setattr(remote, "BACKOFF_SECONDS", 0)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Index) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/simple/"
        monkeypatch.setattr(package_index, "configured", lambda: package_index.Indexes((url,)))
        unit, missing = resolved(tmp_path / "cache", "a", "nothing")
        server.shutdown()
    assert isinstance(unit, Unit)
    assert unit.revision_date == datetime(2024, 5, 29, 15, 37, 49, 536000, tzinfo=UTC)
    assert isinstance(missing, Refusal) and missing.reason == "package_not_found"
    assert asked.count("/simple/a/") == 2


def test_index_that_cannot_be_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "BACKOFF_SECONDS", 0)
    url = "http://127.0.0.1:9/simple"
    monkeypatch.setattr(package_index, "configured", lambda: package_index.Indexes((url,)))
    with pytest.raises(WorkFailed, match="cannot be reached"):
        resolved(tmp_path, "a")


def test_pip_settings_and_their_order(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    listed = "global.index-url='https://a/simple'\ndownload.index-url='https://b/simple'\ninstall.index-url='https://c'\n"
    listed += "global.extra-index-url='file:///x file:///y'\n"
    done = subprocess.CompletedProcess([], 0, stdout=listed)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)
    for name in list(os.environ):
        if name.startswith("PIP_"):
            monkeypatch.delenv(name)
    package_index.configured.cache_clear()
    assert package_index.configured().urls == ("https://b/simple", "file:///x", "file:///y")
    monkeypatch.setenv("PIP_INDEX_URL", "https://d/simple")
    package_index.configured.cache_clear()
    assert package_index.configured().urls[0] == "https://d/simple"
    package_index.configured.cache_clear()


def fake_client(folder: Path, name: str, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("#!/bin/sh\n" + script)
    (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_npm_package_is_verified_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import base64

    data = sdist("package", "1.0.0")
    (tmp_path / "a.tgz").write_bytes(data)
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()
    facts = {"version": "1.0.0", "dist.integrity": integrity, "time": {"1.0.0": "2018-04-09T01:10:45.796Z"}}
    (tmp_path / "facts").write_text(json.dumps(facts))
    script = f'case "$1" in view) cat {tmp_path}/facts;; pack) shift 4; cp {tmp_path}/a.tgz "$1/a.tgz"; echo [];; esac'
    fake_client(tmp_path / "bin", "npm", script, monkeypatch)
    (unit,) = resolved(tmp_path / "cache", "@s/a", index="npm")
    assert isinstance(unit, Unit)
    assert (unit.origin, unit.repo_name) == ("pkg:npm/%40s/a@1.0.0", "npm/@s/a")
    assert unit.revision_date == datetime(2018, 4, 9, 1, 10, 45, 796000, tzinfo=UTC)
    assert set(contents(unit, "npm")) == {"setup.py", "src/a.py"}
    fake_client(tmp_path / "bin", "npm", "exit 1", monkeypatch)
    assert resolved(tmp_path / "cache", "@s/a@1.0.0", index="npm") == [unit]
    (tmp_path / "facts").write_text(json.dumps({**facts, "dist.integrity": "sha512-AAAA"}))
    fake_client(tmp_path / "bin", "npm", script, monkeypatch)
    with pytest.raises(WorkFailed, match="registry names"):
        resolved(tmp_path / "other", "a", index="npm")


def test_npm_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    absent = """echo '{"error": {"code": "E404", "summary": "Not found"}}'; exit 1"""
    fake_client(tmp_path / "bin", "npm", absent, monkeypatch)
    (refusal,) = resolved(tmp_path, "a", index="npm")
    assert isinstance(refusal, Refusal) and refusal.reason == "package_not_found"
    fake_client(tmp_path / "bin", "npm", "exit 1", monkeypatch)
    with pytest.raises(WorkFailed):
        resolved(tmp_path, "a", index="npm")


@pytest.mark.parametrize(("index", "module"), [("npm", package_npm), ("debian", package_debian)])
def test_client_that_is_not_installed(
    tmp_path: Path, index: str, module, monkeypatch: pytest.MonkeyPatch
) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(module.shutil, "which", lambda name: None)
    monkeypatch.setattr(package_debian, "_configured", dict)
    with pytest.raises(UserError, match="not installed"):
        resolved(tmp_path, "hello", index=index)


def test_source_lists_are_those_of_the_system_turned() -> None:
    one_line = "# note\ndeb [signed-by=/k] http://d stable main # note\ndeb-src [signed-by=/k] http://d stable main\n"
    deb822 = "Types: deb deb-src\nURIs: http://d\nSuites: stable\nEnabled: yes\n"
    turned = package_debian.source_lists({"a.list": one_line, "b.sources": deb822})
    assert turned["a.list"].splitlines() == [
        "deb-src [signed-by=/k] http://d stable main # note",
        "deb-src [signed-by=/k] http://d stable main",
    ]
    assert turned["b.sources"].startswith("Types: deb-src\n") and "deb deb-src" not in turned["b.sources"]


def tarball(*paths: str, pack: str = "gz") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=f"w:{pack}") as tar:  # type: ignore[call-overload]
        for path in paths:
            info = tarfile.TarInfo(path)
            info.size = 1
            tar.addfile(info, io.BytesIO(b"1"))
    return out.getvalue()


def dsc_of(folder: Path, files: dict[str, bytes]) -> str:
    lines = [
        "-----BEGIN PGP SIGNED MESSAGE-----",
        "",
        "Source: hello",
        "Version: 2.10-3",
        "Checksums-Sha256:",
    ]
    for name, data in files.items():
        (folder / name).write_bytes(data)
        lines.append(f" {hashlib.sha256(data).hexdigest()} {len(data)} {name}")
    return "\n".join([*lines, "", "-----BEGIN PGP SIGNATURE-----", "Checksums-Sha256: no"])


def test_debian_package_is_laid_out_as_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = tmp_path / "made"
    made.mkdir()
    files = {
        "hello_2.10.orig.tar.gz": tarball("hello-2.10/a.c", "hello-2.10/debian/control"),
        "hello_2.10.orig-docs.tar.xz": tarball("docs-1/b.txt", pack="xz"),
        "hello_2.10-3.debian.tar.xz": tarball("debian/control", "debian/rules", pack="xz"),
        "hello_2.10.orig.tar.gz.asc": b"x",
    }
    (made / "hello_2.10-3.dsc").write_text(dsc_of(made, files))
    script = f"""for last; do :; done
    for part; do case "$part" in Dir::State::lists=*) touch "${{part#*=}}/x_Sources";; esac; done
    case "$last" in hello*) cp {made}/* .;; nothing) echo "E: Unable to find" >&2; exit 100;; esac"""
    fake_client(tmp_path / "bin", "apt-get", script, monkeypatch)
    monkeypatch.setattr(package_debian, "_configured", lambda: {"a.list": "deb http://d s main"})
    unit, missing = resolved(tmp_path / "cache", "hello=2.10-3", "nothing", index="debian")
    assert isinstance(missing, Refusal) and missing.reason == "package_not_found"
    assert isinstance(unit, Unit)
    assert (unit.origin, unit.repo_name) == ("pkg:deb/debian/hello@2.10-3", "debian/hello")
    assert set(contents(unit, "debian")) == {"a.c", "docs/b.txt", "debian/control", "debian/rules"}
    rows = list(package_debian.stream(unit))
    assert [(e.path, e.refused) for e, _ in rows if e.refused] == [
        ("debian/control", "duplicate_path"),
        ("./@hello_2.10.orig.tar.gz.asc", "not_applied"),
    ]
    fake_client(tmp_path / "bin", "apt-get", "exit 1", monkeypatch)
    assert resolved(tmp_path / "cache", "hello=2.10-3", index="debian") == [unit]
    (made / "hello_2.10.orig.tar.gz").write_bytes(b"spoilt")
    fake_client(tmp_path / "bin", "apt-get", script, monkeypatch)
    with pytest.raises(WorkFailed, match="is not the file"):
        resolved(tmp_path / "other", "hello", index="debian")


@pytest.mark.network
def test_pypi(tmp_path: Path) -> None:
    package_index.configured.cache_clear()
    (unit,) = resolved(tmp_path, "six==1.17.0")
    assert "six.py" in contents(unit)


@pytest.mark.network
def test_npm(tmp_path: Path) -> None:
    unit, missing = resolved(tmp_path, "left-pad@1.3.0", "left-pad@99.0.0", index="npm")
    assert "index.js" in contents(unit, "npm") and isinstance(missing, Refusal)


@pytest.mark.network
def test_debian(tmp_path: Path) -> None:
    (unit,) = resolved(tmp_path, "hello", index="debian")
    assert {"configure.ac", "debian/rules"} <= set(contents(unit, "debian"))
