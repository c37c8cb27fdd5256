"""Half one: repositories in, a release out."""
