"""What others say of licences: their lists, each with its source, version and licence written in it."""
