"""Asks the kernel for what has let programs out before: BPF, performance counters, page faults, keys, io_uring."""

import ctypes

libc = ctypes.CDLL(None, use_errno=True)
for number in (321, 298, 323, 250, 425, 304, 246, 175):
    if libc.syscall(number, 0, 0, 0, 0, 0, 0) >= 0:
        print("ESCAPED", number)
    elif ctypes.get_errno() != 1:
        print("ESCAPED", number, "answered", ctypes.get_errno())
