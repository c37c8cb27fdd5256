"""Takes a little memory in each of many processes."""

import os
import time

for _ in range(12):
    if not os.fork():
        held = bytearray(64 * 2**20)
        for at in range(0, len(held), 4096):
            held[at] = 1
        time.sleep(20)
time.sleep(20)
print("ESCAPED")
