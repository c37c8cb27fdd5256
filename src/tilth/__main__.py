"""`python -m tilth` does what `tilth` does."""

from tilth.cli.main import program

if __name__ == "__main__":
    program()
