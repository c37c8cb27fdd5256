"""Attaches to other processes as a debugger does."""

import ctypes
import os

libc = ctypes.CDLL(None, use_errno=True)
for pid in (1, os.getppid(), 0):
    for request in (16, 0x4206):
        if libc.ptrace(request, pid, 0, 0) == 0:
            print("ESCAPED", pid)
