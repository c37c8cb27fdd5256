"""What happens behind the wall before the stranger's program begins. Imports nothing of tilth: it is started alone.

The first process of the sandbox lays out its folders, starts the program under its limits and without any rights,
waits for it, and ends; with it, the kernel ends everything else in there.
"""

import ctypes
import marshal
import os
import resource
import signal
from typing import Any

_LIBC = ctypes.CDLL(None, use_errno=True)

_NEW = {
    "mount": 0x20000,
    "cgroup": 0x2000000,
    "uts": 0x4000000,
    "ipc": 0x8000000,
    "pid": 0x20000000,
    "net": 0x40000000,
}
_NEW_USER = 0x10000000
_READ_ONLY, _NO_SUID, _NO_DEVICES, _REMOUNT, _BIND, _ALL_BELOW, _PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18
_DETACH = 2
_AT_RECURSIVE = 0x8000
_MOUNT_SETATTR = 442
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_CAPSET = {"x86_64": 126, "aarch64": 91}
_DIES_WITH_PARENT, _DUMPABLE, _SECCOMP, _NO_NEW_RIGHTS, _SUBREAPER = 1, 4, 22, 38, 36
_FILTER = 2

READY = b"ready"
"""Written to the report when nothing is left to be done but to begin the program."""

Job = dict[str, Any]


def main(job_file: int, report: int) -> None:
    """Reads the job, builds what the outside has not built, and runs the program to its end."""
    try:
        job = _read(job_file)
        _control(_DIES_WITH_PARENT, signal.SIGKILL)
        if job["build"]:
            _enter_namespaces()
            _in_child_that_is_first()
            _build_root(job)
        _run(job, report)
    except Exception as error:
        os.write(report, f"{type(error).__name__}: {error}".encode("utf-8", "replace"))
        os._exit(1)


def _read(file: int) -> Job:
    with os.fdopen(file, "rb") as opened:
        opened.seek(0)
        return marshal.load(opened)  # type: ignore[no-any-return]


def _enter_namespaces() -> None:
    flags = sum(_NEW.values())
    user, group = os.getuid(), os.getgid()
    if _LIBC.unshare(flags) == 0:
        return
    _check(_LIBC.unshare(flags | _NEW_USER), "unshare")
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as mapping:
            mapping.write(text)


def _in_child_that_is_first() -> None:
    """Goes on as the first process of the new namespaces; this one waits."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        os._exit(0)
    _control(_DIES_WITH_PARENT, signal.SIGKILL)


def _build_root(job: Job) -> None:
    """A root of its own: folders that are shown, a few devices, its own processes; all read-only but `/tmp`."""
    root = "/tmp"
    _mount("none", "/", None, _ALL_BELOW | _PRIVATE)
    shown = [(path, os.open(path, os.O_PATH)) for path in job["shown"]]
    devices = [(path, os.open(path, os.O_PATH)) for path in job["devices"]]
    _mount("tmpfs", root, "tmpfs", _NO_SUID | _NO_DEVICES, "size=1m,mode=755")
    for path, opened in shown + devices:
        _bind(opened, root + path)
    for path in job["hidden"]:
        _mount("tmpfs", root + path, "tmpfs", 0, "size=4k")
    for path, opened in shown:
        _set_read_only(root + path)
        os.close(opened)
    for path, target in job["links"]:
        os.makedirs(os.path.dirname(root + path), exist_ok=True)
        os.symlink(target, root + path)
    for path in ("/proc", "/tmp"):
        os.makedirs(root + path, exist_ok=True)
    _mount("proc", root + "/proc", "proc", _NO_SUID | _NO_DEVICES)
    os.chdir(root)
    _check(_LIBC.syscall(_PIVOT_ROOT[os.uname().machine], b".", b"."), "pivot_root")
    _check(_LIBC.umount2(b".", _DETACH), "umount2")
    os.chdir("/")
    _mount("none", "/", None, _REMOUNT | _BIND | _READ_ONLY | _NO_SUID | _NO_DEVICES)


def _bind(opened: int, path: str) -> None:
    """What is open appears at the path, with all that is mounted below it."""
    source = f"/proc/self/fd/{opened}"
    if os.path.isdir(source):
        os.makedirs(path, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
    _mount(source, path, None, _BIND | _ALL_BELOW)


def _set_read_only(path: str) -> None:
    """With all that is mounted below it: mount_setattr(2), Linux 5.12."""
    attributes = (ctypes.c_uint64 * 4)(_READ_ONLY | _NO_SUID | _NO_DEVICES, 0, 0, 0)
    size = ctypes.sizeof(attributes)
    done = _LIBC.syscall(_MOUNT_SETATTR, -1, path.encode(), _AT_RECURSIVE, attributes, ctypes.c_size_t(size))
    _check(done, "mount_setattr")


def _mount_own_files(job: Job) -> None:
    """A `/tmp` of its own size; what is shown from the outer one keeps its place in it."""
    shown = [(path, os.open(path, os.O_PATH)) for path in job["shown"] if path.startswith("/tmp/")]
    _mount("tmpfs", "/tmp", "tmpfs", _NO_SUID | _NO_DEVICES, job["tmpfs"])
    for path, opened in shown:
        _bind(opened, path)
        os.close(opened)


def _run(job: Job, report: int) -> None:
    """Starts the program, and waits for it with no more rights than it has."""
    if job["walled"]:
        _mount_own_files(job)
    else:
        _control(_SUBREAPER, 1)
    _give_up_user(job["user"])
    _give_up_rights()
    _control(_DIES_WITH_PARENT, signal.SIGKILL)
    # What nobody may look into, the program may not either, though the user is the same.
    _control(_DUMPABLE, 0)
    program = os.fork()
    if not program:
        _become(job, report)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    for descriptor in (0, 1, 2):
        os.close(descriptor)
    while True:
        ended, status = os.wait()
        if ended == program:
            os.write(report, b" %d" % os.waitstatus_to_exitcode(status))
            os._exit(0)


def _become(job: Job, report: int) -> None:
    """Turns this process into the program."""
    os.makedirs(job["folder"], exist_ok=True)
    os.chdir(job["folder"])
    for name, content in job["files"].items():
        os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
        with open(name, "wb") as file:
            file.write(content)
    # Python ignores these, and what is ignored stays so in the program.
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    os.set_inheritable(report, False)
    os.closerange(3, report)
    os.closerange(report + 1, 1 << 16)
    _set_limits(job["limits"])
    _install(job["filter"])
    os.write(report, READY)
    try:
        os.execvpe(job["command"][0], job["command"], job["environment"])
    except OSError as error:
        os.write(2, f"{job['command'][0]}: {error.strerror}\n".encode())
        os._exit(127)


def _set_limits(limits: list[tuple[int, int, int]]) -> None:
    """Kind, what it is warned at, and what it cannot pass; never more than holds already."""
    for kind, *wanted in limits:
        hard = resource.getrlimit(kind)[1]
        soft, most = (value if hard == resource.RLIM_INFINITY else min(value, hard) for value in wanted)
        resource.setrlimit(kind, (soft, most))


def _give_up_user(user: int | None) -> None:
    """Where this is root: a user that owns nothing and runs nothing else, so that its processes can be counted."""
    if user is None:
        return
    os.setgroups([])
    for known in (user, 65534):
        try:
            os.setresgid(known, known, known)
            os.setresuid(known, known, known)
            return
        except OSError as error:
            failed = error
    raise failed


def _give_up_rights() -> None:
    header, none = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    _check(_LIBC.syscall(_CAPSET[os.uname().machine], header, none), "capset")
    _control(_NO_NEW_RIGHTS, 1)


class _Lines(ctypes.Structure):
    _fields_ = (("count", ctypes.c_ushort), ("lines", ctypes.c_void_p))


def _install(lines: bytes) -> None:
    if lines:
        held = ctypes.create_string_buffer(lines, len(lines))
        program = _Lines(len(lines) // 8, ctypes.addressof(held))
        _check(_LIBC.prctl(_SECCOMP, _FILTER, ctypes.byref(program), 0, 0), "seccomp")


def _mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    kind_bytes = kind.encode() if kind else None
    done = _LIBC.mount(source.encode(), target.encode(), kind_bytes, ctypes.c_ulong(flags), options.encode())
    _check(done, f"mount {target}")


def _control(option: int, value: int) -> None:
    _check(_LIBC.prctl(option, ctypes.c_ulong(value), 0, 0, 0), f"prctl {option}")


def _check(result: int, what: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
