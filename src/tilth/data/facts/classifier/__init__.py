"""Which language a text is in, from its words and signs alone: a table of weights, and what reads and remakes it."""
