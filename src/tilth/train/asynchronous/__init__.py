"""Generation that does not wait for training: what is asked of whom, and when; the same for clocks and for models."""
