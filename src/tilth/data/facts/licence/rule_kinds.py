"""What the numbers in the table of rules stand for."""

TEXT, NOTICE, REFERENCE, TAG, INTRO, CLUE = range(6)
FALSE_POSITIVE = 1
"""The rule's words look like a licence and are none; a match takes away all matches in it."""
CONTINUOUS = 2
"""No foreign word may stand inside a match."""
