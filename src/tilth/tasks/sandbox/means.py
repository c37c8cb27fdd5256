"""The ways to put a wall around a program: bubblewrap, namespaces entered by ourselves, or limits alone."""

import os
import shutil
import sys
from pathlib import Path
from typing import Final, Literal

from tilth.errors import UserError
from tilth.tasks.sandbox.program import PYTHON, Program

Means = Literal["bubblewrap", "namespaces", "limits"]
MEANS: Final[tuple[Means, ...]] = ("bubblewrap", "namespaces", "limits")
"""From the first choice to the last."""

HERE: Final = str(Path(__file__).parent)
DEVICES: Final = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
FOLDER: Final = "/tmp/work"
"""Where the program starts, with its files, behind a wall."""
ENVIRONMENT: Final = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": "/tmp",
    "TMPDIR": "/tmp",
    "LANG": "C.UTF-8",
}

_SYSTEM: Final = (
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/etc/alternatives",
    "/etc/ld.so.cache",
)
"""Programs and libraries; of `/etc`, only what finding them needs."""


def shown(program: Program) -> list[str]:
    """What may be read, each at its own path, nothing twice."""
    wanted = [*_SYSTEM, str(Path(PYTHON).parent.parent), *map(_readable, program.visible)]
    there = sorted({path for path in wanted if os.path.exists(path) and not os.path.islink(path)})
    return [path for path in there if not any(path.startswith(f"{above}/") for above in there)]


def _readable(path: Path) -> str:
    """The path as text, where a sandbox can show it."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise UserError(f"{path} cannot be shown to a program: {error.strerror}") from error
    # Started by root, a program runs as a user who owns nothing.
    if os.geteuid() == 0 and not mode & 0o4:
        raise UserError(f"{path} can be read by its owner only", hint=f"chmod -R o+rX {path}")
    return os.path.abspath(path)


def hidden(program: Program) -> list[str]:
    """Folders of packages that somebody installed for the interpreter: what is shown only if it is asked for."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    home = Path(PYTHON).parent.parent
    folders = [home / "lib" / version / "site-packages", home / "lib" / "python3" / "dist-packages"]
    folders += [Path("/usr/lib/python3/dist-packages"), Path("/usr/local/lib") / version / "dist-packages"]
    asked = [Path(path).resolve() for path in program.visible]
    return sorted(
        {
            str(folder)
            for folder in folders
            if folder.is_dir() and not any(path.is_relative_to(folder) for path in asked)
        }
    )


def links() -> list[tuple[str, str]]:
    """Path and target of the symbolic links: the system's own, and shared memory, which counts as files."""
    system = [(path, os.readlink(path)) for path in _SYSTEM if os.path.islink(path)]
    return [*system, ("/dev/shm", "/tmp"), ("/dev/fd", "/proc/self/fd")]


def command(means: Means, program: Program, job_file: int, report: int) -> list[str]:
    """What starts a sandbox with these two open files."""
    code = f"import sys; sys.path.append({HERE!r}); import inside; inside.main({job_file}, {report})"
    begin = [PYTHON, "-I", "-S", "-B", "-c", code]
    return [*_bubblewrap(program), "--", *begin] if means == "bubblewrap" else begin


def _bubblewrap(program: Program) -> list[str]:
    """Our own process is its first one, and lays down these rights before the program begins."""
    line = [
        shutil.which("bwrap") or "bwrap",
        "--unshare-ipc",
        "--unshare-pid",
        "--unshare-net",
        "--unshare-uts",
    ]
    line += ["--unshare-cgroup-try", "--as-pid-1", "--die-with-parent"]
    if os.geteuid() == 0:
        line += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        line += ["--unshare-user"]
    line += ["--cap-add", "CAP_SYS_ADMIN"]
    visible = sorted({*shown(program), HERE})
    # The folders on the way are made as open as they have to be, however closed they are outside.
    for folder in sorted(
        {str(folder) for path in (*visible, *DEVICES) for folder in Path(path).parents} - {"/"}
    ):
        line += ["--perms", "0755", "--dir", folder]
    for path in visible:
        line += ["--ro-bind", path, path]
    for path in hidden(program):
        line += ["--tmpfs", path, "--remount-ro", path]
    for path in DEVICES:
        line += ["--dev-bind", path, path]
    for path, target in links():
        line += ["--symlink", target, path]
    return [*line, "--proc", "/proc", "--dir", "/tmp", "--remount-ro", "/"]


def there(means: Means) -> bool:
    """Whether it can be tried on this machine."""
    return {
        "bubblewrap": shutil.which("bwrap") is not None,
        "namespaces": sys.platform == "linux",
        "limits": True,
    }[means]
