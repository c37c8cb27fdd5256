"""Secrets made by a seeded generator, and lines of real files that only look like some.

A made secret follows its kind's published form (checksums too), or is a password, and stands in the syntax of one of
twenty languages or formats, a part of them encoded, escaped or in pieces. None is anybody's.
"""

import base64
import os
import random
import re
import string
import zlib
from pathlib import Path
from re import _parser  # type: ignore[attr-defined]
from typing import Any

from tilth.data.facts.secrets.tokens import tokens

COUNT = 2_000
SYNTAXES = (
    ("py", '{n} = "{s}"'), ("js", "const {n} = '{s}';"), ("ts", 'const {n}: string = "{s}";'),
    ("java", 'private static final String {n} = "{s}";'), ("go", '{n} := "{s}"'), ("rs", 'let {n}: &str = "{s}";'),
    ("cs", 'public string {n} = "{s}";'), ("php", "${n} = '{s}';"), ("rb", "{n} = '{s}'"), ("kt", 'val {n} = "{s}"'),
    ("swift", 'let {n} = "{s}"'), ("c", '#define {n} "{s}"'), ("sh", 'export {n}="{s}"'), ("env", "{n}={s}"),
    ("yml", "{n}: {s}"), ("json", '{{"{n}": "{s}"}}'), ("toml", '{n} = "{s}"'), ("xml", "<{n}>{s}</{n}>"),
    ("properties", "app.{n}={s}"), ("tf", '  {n} = "{s}"'), ("ps1", '${n} = "{s}"'), ("md", "Set `{n}={s}` first."),
)  # fmt: skip
_WORDS = "river stone amber falcon winter copper silver dragon summer tiger monkey shadow orange planet rocket".split()
_LOOKS = re.compile(
    rb"[0-9a-fA-F]{32}|[A-Za-z0-9+/]{40}|[0-9a-f]{8}-[0-9a-f]{4}|(?i:password|secret|token|api_?key)"
)
_MAY_BE = re.compile(
    rb"(?i)(?:passw|pwd|secret|token|key|cred|auth)[\w.\"']{0,30}\s{0,4}[:=,(]{1,2}\s{0,4}[\"'][^\"'\s]{4}|://\S*:\S*@|BEGIN|eyJ"
)


def ordinary(folder: Path, most: int) -> list[tuple[str, bytes]]:
    """Text files of a folder, so many bytes of them, in an order that does not depend on the disk's."""
    paths = sorted(
        os.path.join(place, name)
        for place, _, names in os.walk(folder)
        for name in names
        if not name.endswith(".pyc")
    )
    random.Random(7).shuffle(paths)
    chosen, size = [], 0
    for path in paths:
        if os.path.islink(path) or not 0 < os.path.getsize(path) < 1_000_000 or size > most:
            continue
        raw = Path(path).read_bytes()
        if b"\0" not in raw:
            chosen.append((os.path.relpath(path, folder), raw))
            size += len(raw)
    return chosen


def files(corpus: list[tuple[str, bytes]]) -> tuple[list[tuple[str, bytes]], set[str]]:
    """Files of one made secret each, as many of real lines, and the paths of the first.

    A line with a name of a secret and a literal beside it may be one, so it is not taken as an example of none.
    """
    rng = random.Random(20)
    made = [(f"made/{at:05d}.{ending}", text) for at in range(COUNT) for ending, text in [_one(rng, at)]]
    real = []
    for path, raw in corpus:
        lines = raw.split(b"\n")
        for at, line in enumerate(lines):
            if (
                len(line) < 400
                and _LOOKS.search(line)
                and not any(map(_MAY_BE.search, lines[max(0, at - 2) : at + 3]))
            ):
                real.append((path, b"\n".join(lines[max(0, at - 2) : at + 3])))
    rng.shuffle(real)
    real = [(f"real/{at:05d}/{path.split('/')[-1]}", text) for at, (path, text) in enumerate(real[:COUNT])]
    return made + real, {path for path, _ in made}


def _one(rng: random.Random, at: int) -> tuple[str, bytes]:
    ending, syntax = SYNTAXES[at % len(SYNTAXES)]
    turn = at % 5
    if turn == 0:
        name, secret = rng.choice(("password", "DB_PASSWORD", "adminPwd", "smtp_pass")), _password(rng)
    elif turn == 1:
        login = rng.choice(("postgres", "mysql", "redis", "amqp", "mongodb+srv"))
        name, secret = "url", f"{login}://{rng.choice(_WORDS)}:{_password(rng)}@db{at}.internal:5432/app"
    elif turn == 2:
        name = rng.choice(("api_key", "clientSecret", "ACCESS_TOKEN", "signing_key"))
        secret = _random(rng, string.ascii_letters + string.digits, rng.choice((20, 32, 40, 64)))
    else:
        name, secret = rng.choice(("value", "setting", "x", "config_3")), token(rng)
    if turn > 2 and at % 4 == 3:
        secret = _disguised(rng, secret)
    start = "\n".join(f"# line {line} of an ordinary file" for line in range(rng.randrange(6)))
    return ending, f"{start}\n{syntax.format(n=name, s=secret)}\n".encode()


def _password(rng: random.Random) -> str:
    """As people choose them: words with other letters, numbers and marks."""
    word = rng.choice(_WORDS).capitalize() + rng.choice(("", rng.choice(_WORDS)))
    if rng.random() < 0.4:
        word = word.replace("a", "@").replace("o", "0").replace("i", "1")
    if rng.random() < 0.3:
        word = _random(rng, string.ascii_letters + string.digits + "!#%*_-", rng.randrange(10, 18))
    return word + str(rng.randrange(10, 9999)) + rng.choice(("", "!", "#", "$"))


def _random(rng: random.Random, characters: str, length: int) -> str:
    return "".join(rng.choices(characters, k=length))


def token(rng: random.Random) -> str:
    """One of a kind of the table whose form alone says that it is one."""
    sure = [one for one in tokens() if one.confidence >= 0.6 and one.kind.group != "private_key"]
    kind = rng.choice(sure)
    for _ in range(20):
        text = "".join(_sample(rng, _parser.parse(kind.pattern.text)))
        if kind.check and kind.check.__name__ == "_crc62":
            text = text[:-6] + _base62(zlib.crc32(text[4:-6].encode())).rjust(6, "0")
        if not kind.check or kind.check(text.encode(), 0, len(text)):
            return text
    return token(rng)


def _base62(number: int) -> str:
    digits = string.digits + string.ascii_uppercase + string.ascii_lowercase
    return (_base62(number // 62) if number >= 62 else "") + digits[number % 62]


def _sample(rng: random.Random, parsed: Any) -> list[str]:
    """Characters that a regular expression takes."""
    out: list[str] = []
    for kind, value in parsed:
        match str(kind):
            case "LITERAL":
                out.append(chr(value))
            case "IN":
                out.append(rng.choice(_characters(value)))
            case "MAX_REPEAT":
                low, high, inner = value
                for _ in range(rng.randint(low, min(int(high), low + 20))):
                    out += _sample(rng, inner)
            case "SUBPATTERN":
                out += _sample(rng, value[-1])
            case "BRANCH":
                out += _sample(rng, rng.choice(value[1]))
            case _:
                out.append("a")
    return out


def _characters(parts: Any) -> list[str]:
    found: list[str] = []
    for kind, value in parts:
        found += [chr(value)] if str(kind) == "LITERAL" else map(chr, range(value[0], value[1] + 1))
    return found


def _disguised(rng: random.Random, secret: str) -> str:
    """Encoded, escaped or in pieces."""
    middle = len(secret) // 2
    ways = (
        base64.b64encode(f"the key is {secret} ok".encode()).decode(),
        "".join(f"%{ord(one):02X}" for one in secret),
        "".join(f"\\u{ord(one):04x}" for one in secret),
        f'{secret[:middle]}" + "{secret[middle:]}',
        f"{secret[:middle]}\u200b{secret[middle:]}",
    )
    return rng.choice(ways)
