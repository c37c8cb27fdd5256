"""To an object store and from one, against a server on this machine."""

import tarfile
from collections.abc import Iterator
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from tests.data.releases import Made, build_release, code, hashes, recipe_of
from tilth.data.release.publish import LAST, publish
from tilth.errors import UserError
from tilth.report.progress import Progress


def sent(release: Path, url: str) -> int:
    with Progress.open("none") as progress:
        return publish(release, url, progress)


def test_what_is_no_release_is_not_sent(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not a release"):
        sent(tmp_path, "memory://nowhere")


def test_copy_in_a_folder_is_the_release(tmp_path: Path, example: Made) -> None:
    url = f"file://{tmp_path}/copy/"
    count = sent(example.path, url)
    assert hashes(tmp_path / "copy") == hashes(example.path)
    assert count == len(hashes(example.path))


def test_manifest_goes_last(example: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    from tilth.data.release import publish as publishing

    order: list[str] = []
    monkeypatch.setattr(publishing, "put_file", lambda source, url: order.append(source.name))
    monkeypatch.setattr(publishing, "size_of", lambda url: None)
    sent(example.path, "memory://order")
    assert tuple(order[-2:]) == LAST


def test_copy_that_was_cut_short_is_mended(tmp_path: Path, example: Made) -> None:
    sent(example.path, f"file://{tmp_path}/copy")
    path = next((tmp_path / "copy").glob("data/*/*.parquet"))
    path.write_bytes(path.read_bytes()[:50])
    sent(example.path, f"file://{tmp_path}/copy")
    assert hashes(tmp_path / "copy") == hashes(example.path)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    s3fs = import_module("s3fs")
    # Port 0: the system gives one that is free, and the server has it from then on.
    server = import_module("moto.server").ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        port = server.get_host_and_port()[1]
        for name, value in (
            ("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}"),
            ("AWS_ACCESS_KEY_ID", "none"),
            ("AWS_SECRET_ACCESS_KEY", "none"),
            ("AWS_DEFAULT_REGION", "us-east-1"),
        ):
            monkeypatch.setenv(name, value)
        s3fs.S3FileSystem.clear_instance_cache()
        system = s3fs.S3FileSystem()
        system.mkdir("bucket")
        yield system
        s3fs.S3FileSystem.clear_instance_cache()
    finally:
        server.stop()


@pytest.mark.filterwarnings("default")
def test_from_a_bucket_and_back(tmp_path: Path, bucket: Any) -> None:
    packed = BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for number in range(3):
            member = tarfile.TarInfo(f"src/{number}.py")
            member.size = len(code(number))
            archive.addfile(member, BytesIO(code(number)))
    bucket.pipe("bucket/in/one.tar.gz", packed.getvalue())
    source = {"kind": "archive", "paths": ["s3://bucket/in/*.tar.gz"]}
    release = build_release(recipe_of(source), tmp_path / "release")
    # A folder that all of an archive lies in is not a part of its paths.
    assert sorted(release.texts()) == [f"{number}.py" for number in range(3)]
    everything = len(hashes(release.path))
    assert sent(release.path, "s3://bucket/out") == everything
    assert {path: bucket.cat(f"bucket/out/{path}") for path in hashes(release.path)} == {
        path: (release.path / path).read_bytes() for path in hashes(release.path)
    }
    # Only what is not named by its hash is sent again.
    again = sent(release.path, "s3://bucket/out")
    assert again == sum(
        not path.startswith(("data/", "metadata/occ", "metadata/drops")) for path in hashes(release.path)
    )
