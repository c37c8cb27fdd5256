"""`python -m tilth` does what `tilth` does."""

import sys

from tilth.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
