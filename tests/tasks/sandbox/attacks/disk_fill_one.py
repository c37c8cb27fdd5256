"""Writes one file without an end."""

import signal

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
written = 0
try:
    with open("large", "wb") as file:
        while True:
            written += file.write(bytes(2**20))
except OSError:
    pass
if written > 32 * 2**20:
    print("ESCAPED", written)
