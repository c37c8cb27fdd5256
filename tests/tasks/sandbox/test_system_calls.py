"""The filter, run by an interpreter of its language: linux/filter.h."""

import errno
import struct

import pytest

from tilth.tasks.sandbox.system_calls import FAMILIES, program, refused

ALLOW, KILL = "allow", "kill"


def judged(machine: str, name: int, call: int, *arguments: int) -> str:
    """What the filter says to a call."""
    data = struct.pack("<iIQ6Q", call, name, 0, *arguments, *[0] * (6 - len(arguments)))
    lines = list(struct.iter_unpack("HBBI", program(machine)))
    at = held = 0
    while True:
        code, if_true, if_false, value = lines[at]
        at += 1
        if code == 0x20:
            held = struct.unpack_from("<I", data, value)[0]
        elif code == 0x06:
            answer = {0x7FFF0000: ALLOW, 0x80000000: KILL}
            return answer.get(value) or errno.errorcode[value & 0xFFFF]
        else:
            yes = {0x15: held == value, 0x35: held >= value, 0x45: bool(held & value)}[code]
            at += if_true if yes else if_false


X86, ARM = ("x86_64", 0xC000003E), ("aarch64", 0xC00000B7)


@pytest.mark.parametrize(
    ("machine", "call", "answer"),
    [
        (X86, (0,), ALLOW),  # read
        (X86, (101,), "EPERM"),  # ptrace
        (ARM, (117,), "EPERM"),
        (X86, (435,), "ENOSYS"),  # clone3
        (X86, (56, 0x11), ALLOW),  # clone, as fork does
        (X86, (56, 0x10000011), "EPERM"),  # with a new user namespace
        (ARM, (220, 0x20000011), "EPERM"),
        (X86, (41, FAMILIES["inet"]), ALLOW),  # socket
        (X86, (41, FAMILIES["unix"]), ALLOW),
        (X86, (41, FAMILIES["inet6"]), ALLOW),
        (X86, (41, 40), "EAFNOSUPPORT"),  # a virtual machine's
        (X86, (53, 17), "EAFNOSUPPORT"),  # socketpair
        (X86, (16, 1, 0x5412), "EPERM"),  # ioctl: TIOCSTI
        (X86, (16, 1, 0x5401), ALLOW),
        (X86, (0x40000000 + 39,), KILL),
        (("x86_64", 0x40000003), (20,), KILL),  # the 32-bit interface
    ],
)
def test_calls(machine: tuple[str, int], call: tuple[int, ...], answer: str) -> None:
    assert judged(*machine, *call) == answer


def test_an_unknown_machine_has_no_filter_and_says_so() -> None:
    assert program("riscv64") == b""


def test_jumps_stay_within_their_bounds() -> None:
    assert len(program("x86_64")) == 8 * len(list(struct.iter_unpack("HBBI", program("x86_64"))))
    assert "ptrace" in refused() and "read" not in refused()
