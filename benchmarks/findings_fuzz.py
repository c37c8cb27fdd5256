"""How long secrets and personal data take on inputs that were made to be slow: milliseconds a megabyte, the slowest.

    python benchmarks/findings_fuzz.py [--seed NUMBER] [--quick]

Inputs are drawn from a seeded generator: made tokens of all kinds, personal data, and pieces of the forms that either
stands in, repeated, mixed, and with numbers between them so that no two are alike. Time is process time on one core,
the best of three runs, and for the slowest inputs of ten: other processes on a machine only add to it. An input has
256 KB, so that what a call costs by itself does not tell.
"""

import argparse
import random
import time
from typing import Any

import facts_secrets_made as made
from measure import finish

from tilth.data.facts import personal_data, secrets
from tilth.data.facts.batch import Batch

SIZE = 1 << 18
AGAIN = 12
"""Inputs that are measured more often."""
GROUPS = {"secrets": secrets, "personal_data": personal_data}
SECRETS = (
    'password="', "key: ", "-----BEGIN RSA PRIVATE KEY-----\n", "eyJ", "eyJhbGciOiJIUzI1NiJ9.", "://a:b@c ", "A",
    "%41%42%43", "\\u0041", 'abc" + "abc', "Basic ", "YWJjZGVmZ2hpamtsbW5vcA",
    "token=", "\n", " ", '"', "\\", "gh" + "p_", "AK" + "IA",
    "PuTTY-User-Key-File-2:", "secret_", "\u00e9", "\u200b", "<password>", "xoxb-1", "stripe_key = '",
    "aws",
    "-----END RSA PRIVATE KEY-----\n", "Private-Lines: 1\n", "Private-MAC: ", "-u a:", "identified by '", "&quot;", ">",
    "--password ", "login a password ", "\r\n", "0123456789abcdef" * 2, "cGFzc3dvcmQ9aHVudGVyMg", "://", "@host/", "=",
)  # fmt: skip
PERSONAL_DATA = (
    "a@b.co ", "jane.roe@uni-bonn.de\n", "<", "@", "a.", "1.", "81.2.69.142 ", "2a02:", ":", "::", "00-1b-",
    "00:1b:44:11:3a:b7 ", "+49 30 25934412\n", "(212) 736-5000 ", "4539 1488 0343 6467 ", "1 2 3 4 ", "123456789 ",
    "DE75512108001245126199 ", "DE75 ", "A1", "Author: ", "@author Maria Kowalska\n", "Maria Kowalska <", "written by ",
    "Copyright (c) 2001 ", "(c) 1", "/home/", "/Users/abc/", "C:\\Users\\", "17 Elm Grove Road, ", " road", "TODO(",
    "[at]", "jane [at] kernel [dot] org ", "%40", "%4", "\\u0040", "cpf 529.982.247-25 ", "phone ", "54362315K ",
    "\u5f20\u4e09", "\r", "-", "x" * 300,
)  # fmt: skip


def drawn(draw: random.Random) -> tuple[str, bytes]:
    """An input, and what it was made of."""
    tokens = [made.token(draw) + draw.choice(("", "\n", '"')) for _ in range(4)]
    kinds = draw.choice((SECRETS, PERSONAL_DATA, (*SECRETS, *PERSONAL_DATA)))
    some = draw.choice((kinds, (*kinds, *tokens), tokens))
    pieces = draw.choices(some, k=draw.choice((1, 1, 2, 3, 6)))
    if draw.random() < 0.3:
        # No two alike, so that nothing can be remembered.
        parts = [
            f"{draw.choice(pieces)}{draw.randrange(10 ** draw.randint(1, 12))}{draw.choice(pieces)}"
            for _ in range(20_000)
        ]
    else:
        parts = draw.choices(pieces, k=draw.choice((len(pieces), 500, 20_000)))
    text = "".join(parts).encode()
    text = (text * (1 + SIZE // max(1, len(text))))[:SIZE]
    return repr([piece[:24] for piece in pieces]), text.decode("utf-8", "ignore").encode()


def cost(group: Any, text: bytes, runs: int) -> float:
    """Milliseconds a megabyte of a group of facts, the least of some runs."""
    batch = Batch.of([""], ["a.py"], [text])
    seconds = []
    for _ in range(runs):
        begin = time.process_time()
        group.compute(batch)
        seconds.append(time.process_time() - begin)
    return min(seconds) * 1e9 / len(text)


def slowest(name: str, seed: int, count: int) -> dict[str, float]:
    """The inputs that took a group of facts longest, and their milliseconds a megabyte."""
    draw = random.Random(seed)
    group = GROUPS[name]
    found: list[tuple[float, str, bytes]] = []
    for _ in range(count):
        pieces, text = drawn(draw)
        found = sorted([*found, (cost(group, text, 3), pieces, text)], reverse=True)[:AGAIN]
    costs = {pieces: min(most, cost(group, text, 7)) for most, pieces, text in found}
    return dict(sorted(costs.items(), key=lambda item: -item[1]))


def main() -> None:
    """Draw, measure, print, and end with 0 where no input is too slow."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    count = 200 if given.quick else 2_000
    found = {name: slowest(name, given.seed, count) for name in GROUPS}
    for name, costs in found.items():
        print(name)
        for pieces, most in costs.items():
            print(f"  {most:.1f} {pieces}")
    ratios = {f"{name}_ms_per_mb": max(costs.values()) for name, costs in found.items()}
    finish("findings_fuzz", {"inputs": count}, {}, ratios, dict.fromkeys(ratios, "<= 50"))


if __name__ == "__main__":
    main()
