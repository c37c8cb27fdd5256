"""What holds for every test."""

from hypothesis import settings

# No test is judged by its time: the machines that run them are shared.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
