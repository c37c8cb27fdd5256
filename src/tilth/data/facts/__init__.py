"""Bytes and a name in, facts out: pure functions, stored under the content's hash and the detector's version."""
