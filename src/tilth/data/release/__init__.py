"""A release on disk: written, checked, compared, exported."""
