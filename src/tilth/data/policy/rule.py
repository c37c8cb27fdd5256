"""What a quality rule is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """One reason for which a file leaves."""

    reason: str
    setting: str
    """The policy's setting that turns the rule on; a rule whose setting is None (or `keep`, `any`) is off."""
    value: str
    """SQL: the value that decides, stored with the drop."""
    drops: str
    """SQL: true where the file leaves."""
    says: str
    """What it means, for people."""
    asks: str = ""
    """Group of facts that has to be asked for; such rules are judged after all others, at stage `inspection`."""
