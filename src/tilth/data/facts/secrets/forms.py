"""Ways in which a secret without a form of its own stands beside what says that it is one."""

FORMS = (
    "quoted",
    "bare",
    "wrapped",
    "element",
    "pair",
    "option",
    "statement",
    "login",
    "url",
    "header",
    "user",
)
"""By their numbers:

`key = "…"`, `key: …`, `key = of("…")`, `<key>…<`, `"key", value="…"`, `--key …`, `identified by '…'`,
`login … password …`, `://user:…@host`, `Bearer …` and `-u user:…`.
"""
QUOTED, BARE, WRAPPED, ELEMENT, PAIR, OPTION, STATEMENT, LOGIN, URL, HEADER, USER = range(len(FORMS))
