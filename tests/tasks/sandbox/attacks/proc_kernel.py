"""Reads the kernel's memory and its log."""

for path in ("/proc/kcore", "/proc/kmsg", "/dev/mem", "/dev/kmem", "/dev/kmsg", "/proc/1/pagemap"):
    try:
        if open(path, "rb").read(64):
            print("ESCAPED", path)
    except OSError:
        pass
