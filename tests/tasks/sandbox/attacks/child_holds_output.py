"""Leaves a child behind that holds the output open."""

import os
import time

if not os.fork():
    os.setsid()
    time.sleep(3600)
