"""Patterns that Linguist writes for Ruby, as RE2 takes them."""

_IPV4 = (
    r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
)
_NAME = r"\w(?:[-\w]*\w)?(?:\.\w(?:[-\w]*\w)?)*"
_BLOCKER = r"(?:[Aa]d[Bb]lock(?:[ \t][Pp]lus)?|u[Bb]lock(?:[ \t][Oo]rigin)?|[Aa]d[Gg]uard)(?:[ \t][0-9]+(?:\.[0-9]+)*)?"

# What stands in a pattern that looks around itself or calls a part of itself -> the same in plain terms.
_REWRITTEN = {
    r"(?<!\{)\{(\*\s|\$|\/)?\w*\b": r"(?:^|[^{])\{(?:\*\s|\$|/)?\w*\b",
    "|Vi(?=m)": r"(?:^|[ \t])(?:vi|Vim?|vim)(?:[<=>]?[0-9]+)?:[^\n]*[ \t:](?:filetype|ft|syntax)[ \t]*=help(?:$|\s|:)",
    "(?<ipv4>": rf"(?i)^{_IPV4}(?:/(?:3[0-2]|[12]?[0-9]))?(?:[ \t]+{_NAME})*(?:$|\s)",
    "(?<version>": rf"\A\[{_BLOCKER}(?:[ \t]?;[ \t]?{_BLOCKER})*\]",
}


def as_re2(pattern: str) -> str:
    """A pattern with RE2's meaning of its flags; lines are the caller's choice, as ``(?m:...)``.

    Ruby's ``^`` and ``$`` always stand at lines, and its m lets a dot match a line break.
    """
    for mark, rewritten in _REWRITTEN.items():
        if mark in pattern:
            return rewritten
    return pattern.replace("(?-m)", "").replace("(?im)", "(?is)").replace("(?m)", "(?s)")
