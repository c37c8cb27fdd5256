"""The corpus of the benchmarks: git repositories made from the published source packages of real projects.

Each package becomes one repository whose commits are the versions named, oldest first, packed by git. Nothing of it is
part of the project: it is downloaded from the package index that pip is configured for.
"""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

from tilth.config.sources import PackageSource
from tilth.data.sources.package import resolve
from tilth.records import Refusal

PACKAGES = """
django 5.1.4 5.0.9|numpy 2.2.1 1.26.4|scipy 1.15.0|sympy 1.13.3 1.12.1|sqlalchemy 2.0.36 1.4.54
ansible-core 2.17.7|ansible 9.13.0|twisted 24.11.0 23.10.0|pandas 2.2.3 2.1.4|scikit-learn 1.6.0
matplotlib 3.10.0|statsmodels 0.14.4|networkx 3.4.2|salt 3007.1|mercurial 6.9|grpcio 1.68.1|cryptography 44.0.0
ruff 0.8.4|polars 1.17.1|pydantic-core 2.27.2|cython 3.0.11|lxml 5.3.0|pillow 11.0.0|scikit-image 0.25.0
dask 2024.12.1|bokeh 3.6.2|jupyterlab 4.3.4|aiohttp 3.11.11|sphinx 8.1.3|mypy 1.14.0|transformers 4.47.1
setuptools 75.6.0|pip 24.3.1|psutil 6.1.1|gevent 24.11.1|pygments 2.18.0|docutils 0.21.2|babel 2.16.0
astropy 7.0.0|pycryptodome 3.21.0|reportlab 4.2.5|nltk 3.9.1|pytest 8.3.4|coverage 7.6.9|black 24.10.0
pylint 3.3.2|celery 5.4.0|redis 5.2.1|pymongo 4.10.1|fastapi 0.115.6|pydantic 2.10.4|nbconvert 7.16.4
notebook 7.3.1|ipython 8.31.0|numba 0.60.0|tables 3.10.1|xarray 2024.11.0|zarr 2.18.4|botocore 1.35.86
distributed 2024.12.1|google-api-python-client 2.156.0|kubernetes 31.0.0|openstacksdk 4.2.0|kivy 2.3.1
pygame 2.6.1|moto 5.0.24|paramiko 3.5.0|scrapy 2.12.0|gensim 4.3.3|spacy 3.8.3|datasets 3.2.0|onnx 1.17.0
plotly 5.24.1|streamlit 1.41.1|opencv-python 5.0.0.93|opencv-contrib-python 5.0.0.93|pulumi-aws 7.51.1
pulumi-azure-native 3.29.0|pulumi-gcp 10.2.0|oci 2.189.0|tencentcloud-sdk-python 3.1.195|msgraph-sdk 1.65.0
homeassistant 2026.11.0|apache-superset 6.1.0|wxPython 4.3.2|petsc 3.26.1|pymupdf 2.0|llama-cpp-python 0.3.36
duckdb 2.0.0|catboost 1.2.10|biopython 1.88|spyder 6.1.8|awscli 1.46.3|vllm 0.33.0|breezy 3.3.21|panel 1.10.0
mlflow 3.18.0|wandb 0.31.0|casadi 3.8.2|healpy 1.20.1
""".replace("\n", "|")
"""Name and versions of a hundred projects, about 6 GB unpacked."""


def packages() -> list[tuple[str, list[str]]]:
    """(name, versions from old to new) of each package."""
    rows = [row.split() for row in PACKAGES.split("|") if row.strip()]
    return [(row[0], row[:0:-1]) for row in rows]


def repositories(folder: Path, count: int | None = None) -> list[Path]:
    """The repositories, made where they are not there yet; the first `count` of them."""
    made = []
    for name, versions in packages()[:count]:
        target = folder / "repositories" / f"{name}.git"
        if not target.exists():
            _make(name, versions, target, folder)
        made.append(target)
    return made


def _make(name: str, versions: list[str], target: Path, folder: Path) -> None:
    work = folder / "work" / name
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    _git(work, "init", "-q", "-b", "main")
    for number, version in enumerate(versions):
        for path in work.iterdir():
            if path.name != ".git":
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        _unpack(sdist(name, version, folder / "downloads"), work)
        _git(work, "add", "-A", "-f", ".")
        _git(work, "commit", "-q", "-m", f"{name} {version}", date=f"2024-01-{number + 1:02d}T00:00:00+00:00")
        _git(work, "tag", version)
    _git(work, "repack", "-a", "-d", "-q")
    target.parent.mkdir(parents=True, exist_ok=True)
    _git(folder, "clone", "-q", "--bare", str(work), str(target))
    _git(target, "remote", "set-url", "origin", f"https://example.org/{name}/{name}")
    shutil.rmtree(work)


def _git(folder: Path, *arguments: str, date: str = "2024-01-01T00:00:00+00:00") -> None:
    who = {
        f"GIT_{role}_{part}": value
        for role in ("AUTHOR", "COMMITTER")
        for part, value in (("NAME", "corpus"), ("EMAIL", "corpus@example.org"), ("DATE", date))
    }
    env = os.environ | who | {"GIT_CONFIG_GLOBAL": os.devnull}
    subprocess.run(["git", "-c", "core.autocrlf=false", "-C", str(folder), *arguments], check=True, env=env)


def _unpack(archive: Path, work: Path) -> None:
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive) as zipped:
            zipped.extractall(work)
    else:
        with tarfile.open(archive) as tar:
            tar.extractall(work, filter="data")
    (top,) = [path for path in work.iterdir() if path.name != ".git"]
    moved = top.rename(work / ".unpacked")
    # Some packages ship the `.git` of a project inside them, which git would take for a submodule.
    for nested in sorted(moved.rglob(".git")):
        shutil.rmtree(nested) if nested.is_dir() else nested.unlink()
    for path in moved.iterdir():
        path.rename(work / path.name)
    shutil.rmtree(moved)


def sdist(name: str, version: str, folder: Path) -> Path:
    """The source distribution of a version, downloaded once, through the index that pip is configured for."""
    source = PackageSource(kind="package", index="pypi", packages=(f"{name}=={version}",))
    (unit,) = resolve(source, folder)
    if isinstance(unit, Refusal):
        raise SystemExit(f"{name} {version}: {unit.reason} {unit.value}")
    return Path(unit.location)


if __name__ == "__main__":
    for repository in repositories(Path(sys.argv[1])):
        print(repository)
