"""Where files come from: each source yields files with their provenance."""
