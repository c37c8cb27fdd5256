"""Ways in which a secret without a form of its own stands beside what says that it is one."""

from dataclasses import dataclass

from tilth.data.facts.secrets.automaton import Pattern

_WORD = "(?:passw|passphrase|passcode|pwd|pass|secret|token|key|auth|cred|salt|jwt|[_-]pw)"
_NAME = _WORD + "[A-Za-z0-9_.$-]{0,30}"
_GAP = r"[ \t\r\n]"
_PLAIN = r"[^ \t\r\n\"'`]"
_TYPE = r"(?:[ \t]?:?[ \t]?[A-Za-z*&\[][A-Za-z0-9_.<>&?*\[\]]{1,12}[ \t]*)?"
_SIGN = r"(?:=>|[:?!=+.|]{0,3}=|:|,|\(|->|<-|\|\||\?\?)"


@dataclass(frozen=True, slots=True)
class Form:
    """One way; its pattern ends a fixed number of bytes into the value."""

    name: str
    pattern: Pattern
    into: int
    """Bytes of the value that the pattern has."""


FORMS = (
    Form(
        "quoted",
        Pattern(
            rf"{_NAME}[\\\"'`\])}}]{{0,4}}[ \t]*{_TYPE}{_SIGN}{_GAP}*"
            rf"[@brufLB$]{{0,2}}\\?[\"'`]{{1,3}}{_GAP}*{_PLAIN}{{3}}",
            caseless=True,
            ends_only=True,
        ),
        3,
    ),
    Form(
        "bare",
        Pattern(
            rf"{_NAME}\\?[\"'`]?[ \t]{{0,30}}(?::|[:?]{{0,3}}=)[ \t]{{0,10}}{_PLAIN}{{3}}",
            caseless=True,
            ends_only=True,
        ),
        3,
    ),
    Form(
        "wrapped",
        Pattern(
            rf"{_NAME}[\"'`\])]{{0,2}}[ \t]{{0,20}}[:=(,][ \t]{{0,4}}"
            rf"[A-Za-z0-9_.]{{1,20}}\([bru]?[\"'`]{_PLAIN}{{3}}",
            caseless=True,
            ends_only=True,
        ),
        3,
    ),
    Form(
        "element", Pattern(rf"{_NAME}>{_GAP}{{0,20}}[^ \t\r\n<>\"'`]{{3}}", caseless=True, ends_only=True), 3
    ),
    Form(
        "pair",
        Pattern(
            rf"{_NAME}\\?[\"']{_GAP}{{0,10}},?{_GAP}{{0,20}}\\?[\"']?value\\?[\"']?[ \t]{{0,4}}[=:][ \t]{{0,4}}"
            rf"\\?[\"']{_PLAIN}{{3}}",
            caseless=True,
            ends_only=True,
        ),
        3,
    ),
    Form(
        "option",
        Pattern(
            rf"[ \t\"'\[]--?[a-z-]{{0,20}}{_WORD}[a-z-]{{0,10}}(?:[ \t]{{1,4}}|[\"'],[ \t]{{0,4}}[\"'])[\"']?"
            r"[^ \t\r\n\"'`-][^ \t\r\n\"'`]{2}",
            caseless=True,
            ends_only=True,
        ),
        3,
    ),
    Form(
        "statement",
        Pattern(
            rf"(?:identified[ ]by|password|pwd)[ \t]{{1,4}}(?:(?:password|as|is)[ \t]{{1,4}})?['\"`]{_PLAIN}{{3}}",
            caseless=True,
            ends_only=True,
        ),
        3,
    ),
    Form(
        "login",
        Pattern(
            rf"(?:login|user|account)[ \t]{{1,4}}[^ \t\r\n]{{1,40}}{_GAP}{{1,4}}password[ \t]{{1,4}}{_PLAIN}{{3}}",
            caseless=True,
            ends_only=True,
        ),
        3,
    ),
    Form(
        "url",
        Pattern(
            r"[a-z0-9]://[^ \t\r\n/:@\"'`<>(){}\[\]|\\]{0,60}:[^ \t\r\n/@\"'`<>]{1,100}@[a-z0-9\[$%{<(*_-]",
            caseless=True,
            ends_only=True,
        ),
        2,
    ),
    Form(
        "header",
        Pattern(
            r"(?:basic|bearer|token|apikey)[ \t]{1,3}[A-Za-z0-9+/_.~=-]{8}", caseless=True, ends_only=True
        ),
        8,
    ),
    Form(
        "user",
        Pattern(
            r"[ \t\"'\[](?:-u|--user|--proxy-user)[ \t=\"',]{1,5}[^ \t\r\n:\"'`]{1,40}:[^ \t\r\n\"'`]{3}",
            caseless=True,
            ends_only=True,
        ),
        3,
    ),
)
"""In the order of their numbers in `FORM_…` below."""

QUOTED, BARE, WRAPPED, ELEMENT, PAIR, OPTION, STATEMENT, LOGIN, URL, HEADER, USER = range(11)
