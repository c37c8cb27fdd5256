"""Single small objects (commits, tags) without starting git; whatever is unusual is left to git."""

import os
import zlib

from tilth.data.sources.git.layout import Layout, object_folders
from tilth.data.sources.git.pack_reader import COMMIT, TAG, PackReader
from tilth.data.sources.git.packs import places
from tilth.store.swhid import release_id, revision_id

_MAX_BYTES = 2**20  # of a loose one; what is larger is no common commit
_CHECKS = ((b"commit", COMMIT, revision_id), (b"tag", TAG, release_id))


def read_object(layout: Layout, object_id: str) -> tuple[bytes, bytes] | None:
    """Type and content of a commit or a tag.

    None where it is neither, is missing or damaged, or is stored in a way that only git knows. What comes back
    hashes to the id.

    Args:
        layout: The repository.
        object_id: 40 lower-case hex digits.
    """
    return _loose(layout, object_id) or _packed(layout, object_id)


def _loose(layout: Layout, object_id: str) -> tuple[bytes, bytes] | None:
    for folder in object_folders(layout):
        try:
            with open(os.path.join(folder, object_id[:2], object_id[2:]), "rb") as file:
                raw = zlib.decompressobj().decompress(file.read(_MAX_BYTES), _MAX_BYTES)
        except (OSError, zlib.error):
            continue
        header, _, content = raw.partition(b"\0")
        for kind, _, hashed in _CHECKS:
            if header.startswith(kind + b" ") and hashed(content) == object_id:
                return kind, content
    return None


def _packed(layout: Layout, object_id: str) -> tuple[bytes, bytes] | None:
    found = places(layout, [object_id])
    if found.pack[0] == len(found.packs):
        return None
    for kind, number, hashed in _CHECKS:
        try:
            with PackReader(found.packs[found.pack[0]], kind=number) as reader:
                content = reader.read(int(found.offset[0]))
        except (OSError, ValueError):  # unreadable, gone since, or empty
            return None
        if content is not None and hashed(content) == object_id:
            return kind, content
    return None
