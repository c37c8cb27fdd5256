"""Near-duplicates: signatures -> candidate pairs -> verified pairs -> clusters around a file that stays."""
