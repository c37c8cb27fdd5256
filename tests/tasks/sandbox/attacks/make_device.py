"""Makes a device file of the machine's disk, and opens it."""

import os
import stat

for place in ("disk", "/tmp/disk", "/dev/disk"):
    try:
        os.mknod(place, stat.S_IFBLK | 0o600, os.makedev(8, 0))
        os.open(place, os.O_RDONLY)
        print("ESCAPED")
    except OSError:
        pass
