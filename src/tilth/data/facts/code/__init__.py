"""Code as tokens: what is left of a text without its comments and white space."""
