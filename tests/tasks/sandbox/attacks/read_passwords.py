"""Reads the accounts of this machine."""

for path in ("/etc/passwd", "/etc/shadow", "/etc/hostname", "/etc/machine-id", "/run/secrets"):
    try:
        open(path).read()
        print("ESCAPED", path)
    except OSError:
        pass
