"""Redaction over a million drawn cases: no byte of any span is left, every other one stays, and so do the lines.

    python benchmarks/redaction.py [--cases NUMBER] [--seed NUMBER] [--quick]

A case is a text of characters of one to four bytes with line ends and placeholders among them, in an encoding, and
spans that lie anywhere in it, inside characters too. What should come out is worked out apart from the code that is
asked: a character with a byte in a span goes, each run of them leaves one placeholder and its line ends, and the
rest is as it was.
"""

import argparse
import random
import re
import time

from measure import finish

from tilth.data.facts.findings import Finding
from tilth.data.redact import applied_to_raw, redact

CASES = 1_000_000
PIECES = (
    "a",
    "b",
    "key",
    "=",
    '"',
    " ",
    "\n",
    "\r\n",
    "\r",
    "é",
    "ß",
    "語",
    "\u200b",
    "😀",
    "<KEY_1>",
    "<KEY",
    "_1>",
    "x" * 9,
)
CODECS = ("utf-8", "utf-8", "utf-16", "utf-16-le", "utf-8-sig", "utf-32")
_PLACEHOLDER = re.compile(r"<KEY_[0-9]+>[\r\n]*")


def case(draw: random.Random) -> tuple[str, list[Finding]]:
    """A text, and findings in it."""
    text = "".join(draw.choices(PIECES, k=draw.randrange(1, 24)))
    size = len(text.encode())
    places = [sorted((draw.randrange(size + 1), draw.randrange(size + 1))) for _ in range(draw.randrange(6))]
    return text, [Finding("credential", start, end, draw.random(), "pattern") for start, end in places]


def expected(text: str, findings: list[Finding]) -> list[str]:
    """What stays before, between and behind the placeholders, each after the first with the line ends that it keeps."""
    # Which character each byte is of.
    owners = [place for place, character in enumerate(text) for _ in character.encode()]
    spans = [(owners[one.start], owners[one.end - 1] + 1) for one in findings if one.start < one.end]
    parts = [""]
    for place, character in enumerate(text):
        if not any(start <= place < end for start, end in spans):
            parts[-1] += character
            continue
        # Two spans that only touch here stay two.
        goes_on = place > 0 and any(start < place < end for start, end in spans)
        if not goes_on:
            parts.append("")
        if character in "\r\n":
            parts[-1] += character
    return parts


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="a tenth of the cases")
    asked = parser.parse_args()
    count = asked.cases // 10 if asked.quick else asked.cases
    draw = random.Random(asked.seed)
    begin = time.process_time()
    broken = spans = 0
    for _ in range(count):
        text, findings = case(draw)
        codec = draw.choice(CODECS)
        raw, utf8 = text.encode(codec), text.encode()
        found = redact(utf8, findings)
        spans += len(found)
        made = applied_to_raw(raw, codec, utf8, found).decode(codec)
        broken += not _is_right(text, findings, made, [one.text.decode() for one in found])
    seconds = time.process_time() - begin
    print(f"{count} cases, {spans} replacements, {broken} broken, {seconds:.0f} processor seconds")
    ours = {"cases": count, "replacements": spans, "broken": broken, "processor_seconds": round(seconds)}
    finish(
        "redaction", ours, {}, {"broken": broken, "cases": count}, {"broken": "<= 0", "cases": f">= {count}"}
    )


def _is_right(text: str, findings: list[Finding], made: str, placeholders: list[str]) -> bool:
    """Whether what was made is what stays, with the placeholders between, none of which the text had."""
    parts = expected(text, findings)
    if len(parts) != len(placeholders) + 1:
        return False
    names = [one.rstrip("\r\n") for one in placeholders]
    wanted = parts[0] + "".join(name + part for name, part in zip(names, parts[1:], strict=True))
    is_new = not any(name in text for name in names)
    return made == wanted and is_new and all(_PLACEHOLDER.fullmatch(one) for one in placeholders)


if __name__ == "__main__":
    main()
