"""Makes empty files until the disk has no room for their names."""

made = 0
try:
    for number in range(100_000):
        open(str(number), "w").close()
        made += 1
except OSError:
    pass
if made > 5000:
    print("ESCAPED", made)
