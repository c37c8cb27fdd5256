"""`tilth env`: what a bug report needs, without names of users or machines."""

import os
import platform
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

from tilth import __version__
from tilth.cli.options import Output
from tilth.cli.output import emit
from tilth.engine.choose import cores
from tilth.report.numbers import size

OPTIONAL = ("ray", "submitit", "s3fs", "torch", "transformers", "vllm")
"""Packages that are used where they are installed."""


def env(*, output: Output = "auto") -> None:
    """Print versions and limits of this machine, for bug reports.

    `tilth env`
    `tilth env --output json`

    Args:
        output: How to print it.
    """
    found = environment()
    emit(found if output == "json" else {key: _words(key, value) for key, value in found.items()}, output)


def environment() -> dict[str, Any]:
    """Versions, cores, memory and disk (bytes), tools; None where there is none."""
    total, free = _memory_bytes(), shutil.disk_usage(Path.cwd()).free
    found: dict[str, Any] = {
        "tilth": __version__,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "git": _first_line("git", "--version").removeprefix("git version ") or None,
        "cores": cores(),
        "memory_bytes": total,
        "disk_free_bytes": free,
        "gpu": _first_line("nvidia-smi", "--query-gpu=name", "--format=csv,noheader") or None,
    }
    return found | {name: _version(name) for name in (*_dependencies(), *OPTIONAL)}


def _words(key: str, value: Any) -> Any:
    if value is None:
        return "not found"
    return size(value) if key.endswith("_bytes") else value


def _dependencies() -> list[str]:
    try:
        lines = requires("tilth") or []
    except PackageNotFoundError:
        return []
    names = (line for line in lines if "extra ==" not in line)
    return sorted({name.split(";")[0].strip() for name in map(_bare_name, names)})


def _bare_name(requirement: str) -> str:
    end = next((at for at, char in enumerate(requirement) if not (char.isalnum() or char in "-_.")), None)
    return requirement[:end]


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _first_line(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip().partition("\n")[0]


def _memory_bytes() -> int | None:
    """Memory that this process may use: the machine's, and a container's limit where it is smaller."""
    limit = _read("/sys/fs/cgroup/memory.max")
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return int(limit) if limit.isdigit() else None
    return min(total, int(limit)) if limit.isdigit() else total


def _read(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""
