"""Leaves a sleeping child of another session behind, with the output closed."""

import os
import time

if not os.fork():
    os.setsid()
    os.closerange(0, 3)
    if not os.fork():
        time.sleep(3600)
    os._exit(0)
