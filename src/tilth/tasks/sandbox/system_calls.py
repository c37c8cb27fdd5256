"""The filter that keeps a program from what it has no use for in the kernel: a seccomp program, seccomp(2).

Calls that reach another process, change what is mounted, load code into the kernel or make memory that no limit counts
answer "not permitted"; sockets other than Unix and Internet ones (virtual machines' own sockets pass through network
namespaces) as well. `clone3`, whose arguments a filter cannot see, answers "not there", and libraries fall back.
"""

import errno
import platform
import struct
from typing import Final

_X86_64: Final = {
    "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312, "pidfd_getfd": 438,
    "mount": 165, "umount2": 166, "pivot_root": 155, "chroot": 161, "unshare": 272, "setns": 308,
    "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433,
    "mount_setattr": 442, "name_to_handle_at": 303, "open_by_handle_at": 304,
    "bpf": 321, "perf_event_open": 298, "userfaultfd": 323,
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
    "init_module": 175, "finit_module": 313, "delete_module": 176, "kexec_load": 246, "kexec_file_load": 320,
    "add_key": 248, "request_key": 249, "keyctl": 250, "reboot": 169, "swapon": 167, "swapoff": 168,
    "acct": 163, "quotactl": 179, "syslog": 103, "settimeofday": 164, "clock_settime": 227, "adjtimex": 159,
    "clock_adjtime": 305, "sethostname": 170, "setdomainname": 171, "iopl": 172, "ioperm": 173, "personality": 135,
    "memfd_create": 319, "memfd_secret": 447, "shmget": 29, "msgget": 68, "semget": 64, "mq_open": 240,
    "move_pages": 279, "migrate_pages": 256, "fanotify_init": 300,
    "vhangup": 153, "modify_ldt": 154, "nfsservctl": 180,
}  # fmt: skip
"""Call -> number, arch/x86/entry/syscalls/syscall_64.tbl of Linux 6.12."""

_AARCH64: Final = {
    "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272, "pidfd_getfd": 438,
    "mount": 40, "umount2": 39, "pivot_root": 41, "chroot": 51, "unshare": 97, "setns": 268,
    "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433,
    "mount_setattr": 442, "name_to_handle_at": 264, "open_by_handle_at": 265,
    "bpf": 280, "perf_event_open": 241, "userfaultfd": 282,
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
    "init_module": 105, "finit_module": 273, "delete_module": 106, "kexec_load": 104, "kexec_file_load": 294,
    "add_key": 217, "request_key": 218, "keyctl": 219, "reboot": 142, "swapon": 224, "swapoff": 225,
    "acct": 89, "quotactl": 60, "syslog": 116, "settimeofday": 170, "clock_settime": 112, "adjtimex": 171,
    "clock_adjtime": 266, "sethostname": 161, "setdomainname": 162, "personality": 92,
    "memfd_create": 279, "memfd_secret": 447, "shmget": 194, "msgget": 186, "semget": 190, "mq_open": 180,
    "move_pages": 239, "migrate_pages": 238, "fanotify_init": 262,
    "vhangup": 58, "nfsservctl": 42,
}  # fmt: skip
"""Call -> number, include/uapi/asm-generic/unistd.h of Linux 6.12."""

_MACHINES: Final = {
    "x86_64": (
        0xC000003E,
        _X86_64,
        {"clone": 56, "clone3": 435, "socket": 41, "socketpair": 53, "ioctl": 16},
    ),
    "aarch64": (
        0xC00000B7,
        _AARCH64,
        {"clone": 220, "clone3": 435, "socket": 198, "socketpair": 199, "ioctl": 29},
    ),
}
"""Machine -> its name to the kernel (linux/audit.h), calls that are refused, calls that are looked into."""

FAMILIES: Final = {"unix": 1, "inet": 2, "inet6": 10}
"""Socket families that a program may use."""

_NAMESPACES: Final = 0x7E020080
"""All CLONE_NEW* flags, linux/sched.h; CLONE_NEWTIME is not one of clone(2)."""
_TERMINAL_INPUT: Final = 0x5412
"""TIOCSTI, which types into the terminal."""

_LOAD, _EQUAL, _ANY_BIT, _AT_LEAST, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER_AT, _MACHINE_AT, _ARGUMENT_AT = 0, 4, 16

Line = tuple[int, int, int, int]


def refused() -> list[str]:
    """Names of the calls that answer "not permitted"."""
    return sorted({*_X86_64, *_AARCH64})


def program(machine: str = platform.machine()) -> bytes:
    """The filter for this machine; empty where its calls' numbers are not known."""
    if machine not in _MACHINES:
        return b""
    name, calls, looked_into = _MACHINES[machine]
    lines = [
        (_LOAD, 0, 0, _MACHINE_AT),
        (_EQUAL, 1, 0, name),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
    ]
    # Numbers from here on are calls of the x32 interface, which would pass by the table.
    lines += [(_AT_LEAST, 0, 1, 0x40000000), (_RETURN, 0, 0, _KILL)]
    for number in calls.values():
        lines += _when(number, [_no(errno.EPERM)])
    lines += _when(looked_into["clone3"], [_no(errno.ENOSYS)])
    lines += _when(looked_into["clone"], [_argument(0), (_ANY_BIT, 0, 1, _NAMESPACES), _no(errno.EPERM)])
    lines += _when(looked_into["ioctl"], [_argument(1), (_EQUAL, 0, 1, _TERMINAL_INPUT), _no(errno.EPERM)])
    for call in ("socket", "socketpair"):
        known = [(_EQUAL, len(FAMILIES) - at, 0, family) for at, family in enumerate(FAMILIES.values())]
        lines += _when(looked_into[call], [_argument(0), *known, _no(errno.EAFNOSUPPORT)])
    return b"".join(struct.pack("HBBI", *line) for line in [*lines, (_RETURN, 0, 0, _ALLOW)])


def _when(number: int, then: list[Line]) -> list[Line]:
    """Lines for one call, which end it: what they do not refuse is allowed."""
    block = [*then, (_RETURN, 0, 0, _ALLOW)]
    return [(_EQUAL, 0, len(block), number), *block]


def _argument(position: int) -> Line:
    """Loads the lower half of an argument, which is all that the calls looked into use."""
    return (_LOAD, 0, 0, _ARGUMENT_AT + 8 * position)


def _no(error: int) -> Line:
    return (_RETURN, 0, 0, _ERROR | error)
