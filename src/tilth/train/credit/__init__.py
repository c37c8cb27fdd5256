"""Rewards made into what an answer, a step or a token is worth: pure functions."""
