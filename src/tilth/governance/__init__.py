"""Who asked for what, what was decided, how far it reaches, and proof of it."""
