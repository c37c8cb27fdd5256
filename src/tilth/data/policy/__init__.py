"""Facts in, decisions out: keep, or drop with a reason."""
