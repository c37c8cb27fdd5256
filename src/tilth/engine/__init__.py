"""Runs one function over many shards, here or on a cluster."""
