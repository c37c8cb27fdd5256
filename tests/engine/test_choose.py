"""Which engine a name gives, what it refuses, and how many cores there are."""

import sys
from pathlib import Path
from typing import Any

import pytest

from tilth.engine.choose import cores, engine, quota
from tilth.engine.local import InProcess, LocalPool
from tilth.errors import UserError


@pytest.mark.parametrize(
    ("name", "workers", "more", "says"),
    [
        ("slrm", 1, {}, "did you mean slurm?"),
        ("cloud", 1, {}, "local, ray, slurm, slurm-local"),
        ("local", -1, {}, "workers is -1"),
        ("local", 1, {"address": "auto"}, "an address is for the engine `ray`"),
        ("ray", 1, {"parameters": ["mem_gb=4"]}, "say nothing to the engine `ray`"),
        ("slurm", 0, {}, "needs a number of jobs"),
        ("slurm-local", 1, {"parameters": ["mem_gb"]}, "'mem_gb' is not a Slurm parameter"),
        ("slurm-local", 1, {"parameters": ["=4"]}, "'=4' is not a Slurm parameter"),
    ],
)
def test_what_cannot_be_had(tmp_path: Path, name: str, workers: int, more: dict[str, Any], says: str) -> None:
    with pytest.raises(UserError) as caught:
        engine(name, workers, folder=tmp_path, **more)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("name", "package", "extra"), [("ray", "ray", "ray"), ("slurm-local", "submitit", "slurm")]
)
def test_what_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, package: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UserError) as caught:
        engine(name, 1, folder=tmp_path)
    assert caught.value.hint == f"pip install 'tilth[{extra}]'"


def test_this_machine(tmp_path: Path) -> None:
    assert isinstance(engine("local", 1, folder=tmp_path), InProcess)
    assert isinstance(engine("local", 3, folder=tmp_path), LocalPool)
    assert engine("local", 0, folder=tmp_path).workers == cores() >= 1


def test_no_number_of_jobs_means_one_for_each_core(tmp_path: Path) -> None:
    pytest.importorskip("submitit")
    assert engine("slurm-local", 0, folder=tmp_path).workers == cores()


@pytest.mark.parametrize(
    ("files", "granted"),
    [
        ({}, float("inf")),
        ({"cpu.max": "max 100000"}, float("inf")),
        ({"cpu.max": "150000 100000"}, 1.5),
        ({"cpu.max": "nonsense"}, float("inf")),
        ({"cpu.cfs_quota_us": "-1", "cpu.cfs_period_us": "100000"}, float("inf")),
        ({"cpu.cfs_quota_us": "300000", "cpu.cfs_period_us": "100000"}, 3),
    ],
)
def test_the_quota_of_a_group(tmp_path: Path, files: dict[str, str], granted: float) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text + "\n")
    assert quota([tmp_path]) == granted


def test_the_least_quota_counts(tmp_path: Path) -> None:
    for name, text in (("above", "200000 100000"), ("own", "400000 100000")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "cpu.max").write_text(text)
    assert quota([tmp_path / "own", tmp_path / "above"]) == 2
