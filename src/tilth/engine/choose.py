"""From the name of an engine to the engine, and how many cores there are to use."""

import difflib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tilth.engine.local import local
from tilth.engine.task import Engine
from tilth.errors import UserError

ENGINES = ("local", "ray", "slurm", "slurm-local")

CGROUPS = Path("/sys/fs/cgroup")


def engine(
    name: str,
    workers: int,
    *,
    address: str | None = None,
    folder: Path,
    parameters: Sequence[str] = (),
    preload: Sequence[str] = (),
) -> Engine:
    """The engine of that name, ready to run.

    Args:
        name: `local`, `ray`, `slurm`, or `slurm-local` (submitit's jobs as processes of this machine).
        workers: Tasks at a time; 0 is one for each core: of this machine, or of the Ray cluster.
        address: Of the Ray cluster.
        folder: For the scripts and logs of Slurm jobs; shared with the nodes.
        parameters: `key=value` for Slurm, with submitit's keys: `timeout_min=60`, `slurm_partition=cpu`.
        preload: Modules that every worker will need.

    Raises:
        UserError: There is no such engine, it cannot be had here, or an argument is not for it.
    """
    if name not in ENGINES:
        near = difflib.get_close_matches(name, ENGINES, n=1)
        raise UserError(
            f"there is no engine {name!r}", hint=f"did you mean {near[0]}?" if near else ", ".join(ENGINES)
        )
    if workers < 0:
        raise UserError(f"workers is {workers}", hint="0 is one for each core")
    if address and name != "ray":
        raise UserError(
            f"an address is for the engine `ray`, not `{name}`", hint="leave it out, or choose `ray`"
        )
    if parameters and not name.startswith("slurm"):
        raise UserError(f"Slurm parameters say nothing to the engine `{name}`", hint="leave them out")
    if name == "local":
        return local(workers or cores(), preload)
    if name == "ray":
        from tilth.engine.ray_cluster import RayCluster

        return RayCluster(workers, address, preload)
    return _slurm(name, workers, folder, _settings(parameters))


def _slurm(name: str, workers: int, folder: Path, parameters: dict[str, Any]) -> Engine:
    from tilth.engine.slurm import SlurmArrays

    if name == "slurm-local":
        return SlurmArrays(workers or cores(), folder, "local", parameters)
    if not workers:
        raise UserError("a Slurm array needs a number of jobs", hint="`--workers 100`")
    return SlurmArrays(workers, folder, "slurm", parameters)


def _settings(parameters: Sequence[str]) -> dict[str, Any]:
    """`["mem_gb=4"]` -> `{"mem_gb": 4}`."""
    found: dict[str, Any] = {}
    for parameter in parameters:
        key, equals, value = parameter.partition("=")
        if not (key and equals):
            raise UserError(
                f"{parameter!r} is not a Slurm parameter", hint="`key=value`, as in `timeout_min=60`"
            )
        found[key.strip()] = _number(value.strip())
    return found


def _number(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def cores() -> int:
    """Cores that this process may use, at least 1: its affinity mask, and the CPU quota of its control groups."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, int(min(allowed, quota(_own_groups()))))


def _own_groups() -> list[Path]:
    """The folders of this process's control group and those above it (version 2), and of a version 1 `cpu` group."""
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        lines = []
    own = next((line[3:] for line in lines if line.startswith("0::")), "/").lstrip("/")
    group = CGROUPS / own
    above = [parent for parent in group.parents if parent.is_relative_to(CGROUPS)]
    return [group, *above, CGROUPS / "cpu"]


def quota(groups: Sequence[Path]) -> float:
    """The least number of cores that any of the groups grants (`cpu.max`, or `cpu.cfs_*_us`); infinite without a limit.

    Linux kernel documentation, admin-guide/cgroup-v2 ("cpu.max") and scheduler/sched-bwc.
    """
    grants = [float("inf")]
    for group in groups:
        limit, _, period = _read(group / "cpu.max").partition(" ")
        if not limit:
            limit, period = _read(group / "cpu.cfs_quota_us"), _read(group / "cpu.cfs_period_us")
        if limit.isdigit() and period.isdigit() and int(period):
            grants.append(int(limit) / int(period))
    return min(grants)


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
