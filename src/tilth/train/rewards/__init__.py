"""Judges of answers: what a user writes, what is built in, and the pool of processes that they run in."""
