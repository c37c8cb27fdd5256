"""Types a command into the terminal of whoever runs it."""

import fcntl

for descriptor in (0, 1, 2):
    try:
        fcntl.ioctl(descriptor, 0x5412, b"x")
        print("ESCAPED", descriptor)
    except OSError:
        pass
try:
    open("/dev/tty", "w")
    print("ESCAPED")
except OSError:
    pass
