"""Mounts a file system of its own, and makes a read-only one writable."""

import ctypes

libc = ctypes.CDLL(None, use_errno=True)
if libc.mount(b"none", b"/usr", b"tmpfs", ctypes.c_ulong(0), None) == 0:
    print("ESCAPED")
if libc.mount(b"none", b"/", None, ctypes.c_ulong(32 | 4096), None) == 0:
    print("ESCAPED")
if libc.umount2(b"/proc", 2) == 0:
    print("ESCAPED")
