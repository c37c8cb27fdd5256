"""Takes memory through shared segments of System V, which outlive a process."""

import ctypes

libc = ctypes.CDLL(None, use_errno=True)
if libc.shmget(0, ctypes.c_size_t(2**20), 0o1600) >= 0:
    print("ESCAPED")
