"""Enters namespaces of its own, where it would be root."""

import ctypes

libc = ctypes.CDLL(None, use_errno=True)
for flag in (0x10000000, 0x20000, 0x40000000, 0x20000000):
    if libc.unshare(flag) == 0:
        print("ESCAPED", hex(flag))
if libc.syscall(56, ctypes.c_long(0x10000000 | 17), 0, 0, 0, 0) > 0:
    print("ESCAPED clone")
