"""Checkpoints that are whole or not there, and that say so when somebody cut them since."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from transformers.trainer_utils import get_last_checkpoint

from tilth.errors import UserError, WorkFailed
from tilth.store.atomic import RESERVE_BYTES
from tilth.train.reduce import is_distributed

SEAL = "sizes.json"
"""Name and bytes of every file of a checkpoint; written last."""

_STAGE = ".saving"


@contextmanager
def staged(run: Path, name: str, *, is_writer: bool) -> Iterator[Path]:
    """Yields a folder to save under; what stands there as `name` moves to its place in the run when the block ends.

    Args:
        run: Folder of the run.
        name: Of the checkpoint.
        is_writer: Whether this process makes the folder and moves it; the others only write into it.

    Raises:
        WorkFailed: The disk is full; the run has the checkpoints that it had.
    """
    stage = run / _STAGE
    if is_writer:
        shutil.rmtree(stage, ignore_errors=True)
        stage.mkdir(parents=True)
    _wait()
    try:
        yield stage
    except OSError as error:
        if is_writer:
            shutil.rmtree(stage, ignore_errors=True)
        raise WorkFailed(
            f"the checkpoint could not be written: {error.strerror or error}",
            where=str(run),
            hint="the checkpoints before it are whole: make room, and resume from the last one",
        ) from error
    _wait()
    if is_writer:
        _seal(stage / name)
        _move(stage / name, run / name)
        shutil.rmtree(stage, ignore_errors=True)
    _wait()


def _wait() -> None:
    if is_distributed():
        torch.distributed.barrier()


def _seal(folder: Path) -> None:
    sizes = {
        path.relative_to(folder).as_posix(): path.stat().st_size
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != SEAL
    }
    (folder / SEAL).write_text(json.dumps(sizes, indent=1) + "\n", encoding="utf-8")


def _move(source: Path, target: Path) -> None:
    old = target.with_name(f".{target.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        os.replace(target, old)
    os.replace(source, target)
    shutil.rmtree(old, ignore_errors=True)


def find(run: Path, asked: str | bool | None) -> str | None:
    """The checkpoint to go on from.

    Args:
        run: Folder of the run.
        asked: A folder, True for the last one of the run, or False or None for none.

    Raises:
        UserError: There is none, or it is not as it was written.
    """
    if not asked:
        return None
    found = (get_last_checkpoint(str(run)) if run.is_dir() else None) if asked is True else str(asked)
    if found is None:
        raise UserError(f"`{run}` holds no checkpoint to resume from", hint="start without resuming")
    check(Path(found))
    return found


def check(checkpoint: Path) -> None:
    """Raises UserError where files of a checkpoint are missing or of another size than was written."""
    if not checkpoint.is_dir():
        raise UserError(f"there is no checkpoint `{checkpoint}`")
    if not (checkpoint / SEAL).exists():
        if not (checkpoint / "trainer_state.json").exists():
            raise UserError(
                f"`{checkpoint}` is no whole checkpoint: it has no `trainer_state.json`",
                hint="resume from another one",
            )
        return
    sizes: dict[str, Any] = json.loads((checkpoint / SEAL).read_text("utf-8"))
    for name, size in sizes.items():
        path = checkpoint / name
        found = path.stat().st_size if path.exists() else None
        if found != size:
            state = "is missing" if found is None else f"has {found:,} bytes instead of {size:,}"
            raise UserError(
                f"`{checkpoint}` is damaged: `{name}` {state}",
                hint="resume from another checkpoint; this one can be deleted",
            )


def check_room(folder: Path, needed_bytes: int) -> None:
    """Raises WorkFailed where the disk of a folder has no room for so many bytes."""
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(there).free
    if free < needed_bytes + RESERVE_BYTES:
        raise WorkFailed(
            f"a checkpoint needs {needed_bytes / 2**30:.1f} GiB, and the disk has {free / 2**30:.1f} GiB left",
            where=str(folder),
            hint="make room, keep fewer checkpoints (`save_total_limit`), or save only the model (`save_only_model`)",
        )
