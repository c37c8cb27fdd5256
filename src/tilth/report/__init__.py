"""Numbers for eyes."""
