"""A stranger's program, run where it can do no harm: `run(program, limits)`, or a `Pool` for many."""

from tilth.tasks.sandbox.pool import Pool, run
from tilth.tasks.sandbox.program import Limits, Outcome, Program
from tilth.tasks.sandbox.protections import PROTECTIONS, Protections, protections

__all__ = ["PROTECTIONS", "Limits", "Outcome", "Pool", "Program", "Protections", "protections", "run"]
