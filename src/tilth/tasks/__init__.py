"""The bridge: a release becomes tasks that can be trained on and checked."""
