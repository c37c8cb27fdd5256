"""The language that an editor's modeline in the first or last lines of a text asks for."""

import re

from tilth.data.facts.tables.languages import language_table

HEAD_BYTES = 512
TAIL_BYTES = 256
_LINES = 5

_EMACS = re.compile(
    rb"-\*-[ \t]*(?:([\w+#-]+)[ \t]*|(?:[^\n]*?[ \t;])?mode:[ \t]*([\w+#-]+)[^\n]*?)-\*-",
    re.IGNORECASE,
)
# The two forms of `:help modeline`; white space or the start of the line stands before.
_VIM = re.compile(
    rb"(?:^|[ \t])(?:vi|[vV]im(?:[<=>]?[0-9]{2,4})?|ex):[ \t]*"
    rb"(?:[^\n]*?[ \t:])?(?:ft|filetype|syntax)=([\w+#-]+)",
    re.MULTILINE,
)


# Both editors mean the interface definition language by it, of which there are several, and Linguist another.
_AMBIGUOUS = {b"idl"}


def modeline_language(text: bytes) -> str | None:
    """Linguist's name for the language of a Vim or Emacs modeline, or None where there is none that is known."""
    head = text[:HEAD_BYTES]
    if b"UseVimball" in head:
        # An archive of files, whose modelines are theirs.
        return None
    if b"-*-" in head and (found := _EMACS.search(b"\n".join(head.split(b"\n", 2)[:2]))):
        return _language(found[1] or found[2])
    # Three plain searches cost far less than the pattern, and few texts have any of these.
    if _may_be_vim(head) and (found := _VIM.search(b"\n".join(head.split(b"\n", _LINES)[:_LINES]))):
        return _language(found[1])
    if len(text) > HEAD_BYTES:
        tail = text[-TAIL_BYTES:]
        if _may_be_vim(tail) and (found := _VIM.search(b"\n".join(tail.rstrip().split(b"\n")[-_LINES:]))):
            return _language(found[1])
    return None


def _may_be_vim(part: bytes) -> bool:
    return b"ft=" in part or b"type=" in part or b"syntax=" in part


def _language(name: bytes) -> str | None:
    asked = name.lower()
    return None if asked in _AMBIGUOUS else language_table().aliases.get(asked.decode("latin-1"))
