"""Which copies stay."""
