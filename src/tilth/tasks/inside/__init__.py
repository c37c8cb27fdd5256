"""Modules that lie beside a program in the sandbox; they import nothing of tilth."""
