"""Data tables of the detectors, each with its source, version and licence written in it."""
