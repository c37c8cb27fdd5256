"""Bytes to text: which encoding a file was written in, or that it holds no text.

The answer is a pure function of the bytes. What is valid UTF-8 is UTF-8; what is not is a guess by chardet
from the lines that are not ASCII, which strict decoding of the whole file has to confirm. Bytes are never
replaced: a file that no encoding explains holds no text.
"""

import codecs
import encodings
import encodings.aliases
import re
from collections.abc import Iterator
from importlib.metadata import version

from tilth.data.facts.dos_text import dos_code_page

VERSION = f"3-chardet{version('chardet')}"
"""Changes whenever `decode` may answer otherwise; whatever reads its text depends on it."""

_SAMPLE_BYTES = 4096
_CONTEXT_BYTES = 400
_DECLARATION_BYTES = 1024
_MAX_GUESSES = 3
_WINDOW_BYTES = 8192

_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_DECLARATION = re.compile(rb"""(?i)(?:coding|charset)\s?[:=]\s?["']?([-\w.]{3,20})""")

_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x08\x1a\x1b")) + b"\x7f"
_MAX_CONTROL_FRACTION = 0.02

# Formats whose files may lack a NUL byte and look like no text; those that always hold one need no entry.
_MAGIC = (
    *(b"\x1f\x8b", b"\x1f\x9d", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18", b"7z\xbc\xaf"),
    *(
        b"PK\x03\x04",
        b"Rar!",
        b"\x89PNG",
        b"\xff\xd8\xff",
        b"GIF87a",
        b"GIF89a",
        b"RIFF",
        b"OggS",
        b"ID3",
        b"fLaC",
    ),
    *(
        b"%PDF-",
        b"%!PS-AdobeFont",
        b"wOFF",
        b"wOF2",
        b"\x7fELF",
        b"\xca\xfe\xba\xbe",
        b"\x80\x02}",
        b"\x80\x04\x95",
    ),
)

# Encodings that source code is found in. Fewer candidates make short comments safer: rare ones win by chance.
_CANDIDATES = (
    *("gb18030", "big5hkscs", "cp932", "euc_jis_2004", "cp949"),
    *("cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256"),
    *("koi8-r", "koi8-u", "cp866", "iso8859-2", "tis-620"),
)

# The commoner encoding, where it explains every byte.
_COMMONER = {"big5hkscs": ("cp950",), "euc_jis_2004": ("euc_jp",), "tis-620": ("cp874",)}
_WESTERN = "cp1252"

# A single byte over 127 between ASCII letters is an accent; other scripts write such bytes side by side.
_ACCENTED = ("cp1250", "cp1252", "cp1254")
_SIDE_BY_SIDE = re.compile(rb"[\x80-\xff][\x80-\xff]")

# What a declaration means to a browser; Western ones are copied around too freely to be believed.
_DECLARED = {
    **{codec: codec for codec in _CANDIDATES if codec != _WESTERN},
    **{f"iso8859_{part}": f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 9, 13)},
    **{"gb2312": "gb18030", "gbk": "gb18030", "big5": "cp950", "cp950": "cp950", "euc_kr": "cp949"},
    **{"shift_jis": "cp932", "euc_jp": "euc_jp", "koi8_r": "koi8-r", "koi8_u": "koi8-u", "tis_620": "cp874"},
}

# What DOS text is taken for, none being among it.
_LATIN = (None, "cp1250", "cp1252", "cp1254", "iso8859-2")
_DOS_BYTES = re.compile(rb"[\x80-\xa8]")

_C1_BYTES = re.compile(rb"[\x80-\x9f]")
# Letters of ISO 8859-2 that are signs in Windows-1250, between letters, where no sign would stand.
# Czech writes \xb9 and \xbe beside letters that Polish, which has them in Windows-1250, lacks.
_LATIN2_LETTERS = re.compile(rb"(?i)(?:[a-z][\xa1\xa6\xa9\xac\xae\xb1\xb6]|[\xa1\xa6\xac\xb1\xb6][a-z])")
_CZECH, _CZECH_LATIN2 = re.compile(rb"[\xec\xf8\xf9]"), re.compile(rb"[\xb9\xbe]")


_RTF = b"{\\rtf1"


def decode(raw: bytes) -> tuple[str | None, bytes]:
    """Say in which Python codec the bytes are text, and give that text as UTF-8.

    For every answer that names a codec, `raw.decode(codec)` is the text. The same object comes back where the
    bytes are plain UTF-8 already, and `(None, b"")` where they hold no text: there is a NUL byte, the magic
    number or the control characters of a binary format, UTF-8 with damaged bytes, or no encoding explains
    every byte. Escapes of ISO 2022 and UTF-7 are ASCII, and so UTF-8, here.
    """
    if raw.isascii():
        # What Windows writes as RTF ends in a NUL.
        is_text = b"\0" not in (raw[:-1] if raw.startswith(_RTF) else raw)
        return ("utf-8", raw) if is_text else _decode_wide(raw)
    marked = _decode_marked(raw)
    if marked is not None:
        return marked
    if b"\0" in raw:
        return _decode_wide(raw)
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return _decode_legacy(raw, error.start)
    return "utf-8", raw


def _decode_marked(raw: bytes) -> tuple[str, bytes] | None:
    """Text behind a byte order mark; None where there is no mark, or where it lies."""
    if raw.startswith(codecs.BOM_UTF8):
        text = _text(raw, "utf-8-sig")
        return None if text is None or b"\0" in text else ("utf-8-sig", text)
    if raw.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        for codec in ("utf-32", "utf-16"):
            text = _text(raw, codec)
            if text is not None and b"\0" not in text and not _has_binary_controls(text):
                return codec, text
    return None


def _decode_wide(raw: bytes) -> tuple[str | None, bytes]:
    """UTF-16 without a mark, where it is sure: mostly ASCII, so mostly zeros on one side, and no controls."""
    head = raw[:_DECLARATION_BYTES]
    if len(raw) % 2 == 0 and len(raw) >= 4 and head.count(0) * 3 >= len(head):
        for codec, zeros, others in (("utf-16-le", raw[1::2], raw[::2]), ("utf-16-be", raw[::2], raw[1::2])):
            if b"\0" in others or zeros.count(0) * 10 < len(zeros) * 7:
                continue
            text = _text(raw, codec)
            if text is not None and b"\0" not in text and len(text.translate(None, _CONTROLS)) == len(text):
                return codec, text
    return None, b""


def _decode_legacy(raw: bytes, first_bad: int) -> tuple[str | None, bytes]:
    """Text in an encoding older than UTF-8; `first_bad` is the first byte that is not UTF-8."""
    if raw.startswith(_MAGIC) or _has_binary_controls(raw) or _is_broken_utf8(raw, first_bad):
        return None, b""
    found, text = next(
        ((codec, text) for codec in _guesses(raw) if (text := _text(raw, codec)) is not None), (None, b"")
    )
    # Between the letters of Western and Central Europe, these would be quotation marks and the like.
    if found in _LATIN and _DOS_BYTES.search(raw) and (page := dos_code_page(_sample(raw), found)):
        return page, raw.decode(page).encode("utf-8")
    return found, text


def _text(raw: bytes, codec: str) -> bytes | None:
    """The text as UTF-8; None where a byte has no meaning, or means half a surrogate pair."""
    try:
        return raw.decode(codec).encode("utf-8")
    except UnicodeError:
        return None


def _has_binary_controls(raw: bytes) -> bool:
    return len(raw) - len(raw.translate(None, _CONTROLS)) > len(raw) * _MAX_CONTROL_FRACTION


def _is_broken_utf8(raw: bytes, first_bad: int) -> bool:
    """Whether this is UTF-8 with a few bytes damaged, which every other encoding would garble."""
    window = raw[max(0, first_bad - _WINDOW_BYTES) : first_bad + _WINDOW_BYTES]
    text = window.decode("utf-8", "replace")
    num_bad = text.count("\ufffd")
    num_good = sum(not char.isascii() for char in text) - num_bad
    return num_good >= 4 and num_good >= 4 * num_bad


def _guesses(raw: bytes) -> Iterator[str]:
    """Codecs to try, best first; Windows-1252 last, since Western text is likeliest when all else fails."""
    declared = _declared(raw)
    if declared:
        yield declared
    sample = _sample(raw)
    candidates = list(_CANDIDATES if _SIDE_BY_SIDE.search(sample) else _ACCENTED)
    for _ in range(_MAX_GUESSES):
        found = _detect(sample, candidates)
        if found == _WESTERN or found not in candidates:
            break
        yield from _refined(raw, sample, found)
        candidates.remove(found)
    yield _WESTERN


def _declared(raw: bytes) -> str | None:
    """Codec that the file names for itself, as Python, XML, HTML and Emacs write it."""
    found = _DECLARATION.search(raw, 0, _DECLARATION_BYTES)
    if not found:
        return None
    name = encodings.normalize_encoding(found.group(1).decode("ascii").lower())
    return _DECLARED.get(encodings.aliases.aliases.get(name, name))


def _detect(sample: bytes, candidates: list[str]) -> str:
    import chardet  # most runs never meet a file that needs it

    found = chardet.detect(sample, prefer_superset=True, compat_names=False, include_encodings=candidates)
    return found["encoding"] or _WESTERN


def _refined(raw: bytes, sample: bytes, found: str) -> tuple[str, ...]:
    """The codec found, behind those to prefer to it where they read the same bytes."""
    if found == "cp1250" and not _C1_BYTES.search(raw) and _is_latin2(sample):
        return ("iso8859-2", found)
    usual = "koi8-r" if found == "koi8-u" else _WESTERN
    if found.startswith(("cp125", "iso8859", "koi8")) and _reads_alike(sample, found, usual):
        return (usual, found)
    return (*_COMMONER.get(found, ()), found)


def _is_latin2(sample: bytes) -> bool:
    return bool(_LATIN2_LETTERS.search(sample) or (_CZECH.search(sample) and _CZECH_LATIN2.search(sample)))


def _reads_alike(sample: bytes, one: str, other: str) -> bool:
    text = _text(sample, one)
    return text is not None and text == _text(sample, other)


def _sample(raw: bytes) -> bytes:
    """The first lines that are not ASCII.

    ASCII lines drown a short comment. No byte of a character in a candidate encoding is a line feed.
    """
    parts: list[bytes] = []
    size, at = 0, 0
    while size < _SAMPLE_BYTES and (found := _NOT_ASCII.search(raw, at)):
        parts.append(_line(raw, found.start()))
        size += len(parts[-1])
        end = raw.find(b"\n", found.start())
        at = len(raw) if end < 0 else end
    return b"".join(parts)


def _line(raw: bytes, at: int) -> bytes:
    """The line around `at`; of a long one, what follows the last space before `at`."""
    end = raw.find(b"\n", at, at + _SAMPLE_BYTES) + 1 or at + _SAMPLE_BYTES
    start = raw.rfind(b"\n", max(0, at - _CONTEXT_BYTES), at) + 1
    return raw[start or max(raw.rfind(b" ", max(0, at - _CONTEXT_BYTES), at) + 1, 0) : end]
