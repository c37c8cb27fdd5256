from pathlib import Path

import pytest

from tests.data.sources.git.repositories import make
from tilth.data.sources.git.contents import read_contents
from tilth.data.sources.git.layout import find
from tilth.data.sources.git.pack_reader import PackReader
from tilth.data.sources.git.packs import places
from tilth.store.swhid import content_id

VERSIONS = [b"".join(b"line %d\n" % n for n in range(400) if n % (k + 2)) for k in range(30)]


@pytest.mark.parametrize("offsets", ["true", "false"])
def test_chains_of_deltas(tmp_path: Path, offsets: str) -> None:
    made = make(tmp_path / "a")
    made.commit({b"%d" % n: data for n, data in enumerate(VERSIONS)})
    made.git("config", "repack.useDeltaBaseOffset", offsets)
    pack = made.pack()
    chains = made.git("verify-pack", "-v", str(pack.with_suffix(".idx")))
    assert "chain length = 2" in chains
    ids = [content_id(data) for data in VERSIONS]
    # Deltas that name their base by id are left to git: either way every content arrives.
    assert {name: data for name, data, _ in read_contents(made.path, ids)} == dict(
        zip(ids, VERSIONS, strict=True)
    )
    found = places(find(made.path), ids)
    with PackReader(str(pack)) as reader:
        read = [reader.read(offset) for offset in found.offset.tolist()]
    assert (None in read) is (offsets == "false")
    assert all(data is None or data == wanted for data, wanted in zip(read, VERSIONS, strict=True))


def test_every_byte_of_a_pack_may_be_wrong(tmp_path: Path) -> None:
    made = make(tmp_path / "a")
    made.commit({b"%d" % n: data for n, data in enumerate(VERSIONS[:6])})
    pack = made.pack()
    found = places(find(made.path), [content_id(data) for data in VERSIONS[:6]])
    whole = pack.read_bytes()
    broken = tmp_path / "broken.pack"
    for at in range(12, len(whole), 5):
        broken.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        with PackReader(str(broken)) as reader:
            for offset in [*found.offset.tolist(), len(whole), 2**40]:
                reader.read(offset)
