"""The work that tasks do, anywhere and any number of times."""
