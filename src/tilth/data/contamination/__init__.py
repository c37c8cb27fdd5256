"""Text of benchmarks in files: what is looked for, how it is found, and what is told of it."""
