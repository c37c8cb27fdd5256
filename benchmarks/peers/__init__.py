"""The other tools, installed beside ours and asked about the same files.

One file for each: `install(folder)` gives a `Peer`, or raises `NotInstallable` with the reason.
"""
