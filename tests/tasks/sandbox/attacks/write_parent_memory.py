"""Writes into the memory of the first process of the sandbox, which has no filter of calls."""

import ctypes

try:
    open("/proc/1/mem", "r+b")
    print("ESCAPED")
except OSError:
    pass
try:
    print("ESCAPED", open("/proc/1/maps").read(64))
except OSError:
    pass
local = (ctypes.c_uint64 * 2)(ctypes.addressof(ctypes.create_string_buffer(8)), 8)
if ctypes.CDLL(None).process_vm_readv(1, local, 1, local, 1, 0) > 0:
    print("ESCAPED")
