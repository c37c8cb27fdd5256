"""The same command on many processes: started again through `accelerate launch`."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tilth.errors import UserError

KEYS = (
    "accelerate_config",
    "num_processes",
    "num_machines",
    "machine_rank",
    "main_process_ip",
    "main_process_port",
)
"""Keys of a recipe that are for the launcher."""

PROFILES = Path(__file__).parent / "profiles"


def profile(name: str) -> Path:
    """The file of a named profile, or of a path.

    Raises:
        UserError: There is neither.
    """
    own = PROFILES / f"{name}.yaml"
    if own.exists():
        return own
    if Path(name).exists():
        return Path(name)
    known = ", ".join(sorted(path.stem for path in PROFILES.glob("*.yaml")))
    raise UserError(
        f"there is no profile `{name}` and no such file", hint=f"one of {known}, or a file of accelerate"
    )


def command(keys: Mapping[str, Any], arguments: Sequence[str]) -> list[str] | None:
    """The command line that starts the processes; None where this is one of them, or none are asked for.

    Args:
        keys: Those of `KEYS` that the recipe has.
        arguments: Of `tilth`, without those keys.
    """
    if not keys or "LOCAL_RANK" in os.environ:
        return None
    options = [
        part
        for key in KEYS
        if key != "accelerate_config" and keys.get(key) is not None
        for part in (f"--{key}", str(keys[key]))
    ]
    if keys.get("accelerate_config"):
        options += ["--config_file", str(profile(str(keys["accelerate_config"])))]
    return [sys.executable, "-m", "accelerate.commands.launch", *options, "-m", "tilth", *arguments]
