"""Takes memory that it shares with its children, which limits of one process's own memory do not count."""

import mmap

held = []
for _ in range(64):
    block = mmap.mmap(-1, 16 * 2**20)
    for at in range(0, len(block), 4096):
        block[at] = 1
    held.append(block)
print("ESCAPED")
