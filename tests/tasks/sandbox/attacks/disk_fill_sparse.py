"""Makes a file of a terabyte with a hole in it."""

import os

try:
    os.truncate(os.open("hole", os.O_CREAT | os.O_RDWR), 2**40)
    print("ESCAPED")
except OSError:
    pass
