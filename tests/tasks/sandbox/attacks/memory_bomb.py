"""Takes memory until there is none."""

held = []
while True:
    held.append(bytearray(16 * 2**20))
