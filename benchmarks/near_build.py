"""What a whole build keeps of rows, and the order in which it prefers them."""

import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from tilth.data.policy.licence_classes import CLASS_ORDER, licence_class


def kept_by_build(rows: Path, folder: Path) -> tuple[pa.Table, set[str]]:
    """All rows as a build has them, the preferred ones first, and the ids of those that a build of one each keeps."""
    work = folder / "build"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    everything, kept = (
        build(work, rows, near) / "data" / "**" / "*.parquet" for near in ("keep_all", "keep_one")
    )
    expressions = duckdb.sql(f"SELECT DISTINCT license_expression FROM '{everything}'").fetchall()
    ranks = [
        (name, -1 if name is None else CLASS_ORDER.index(licence_class(name))) for (name,) in expressions
    ]
    rank_of = pa.table(list(zip(*ranks, strict=True)), names=["name", "place"])
    ordered = (
        duckdb.from_arrow(rank_of)
        .query(
            "ranks",
            f"""SELECT content_id, path, content FROM '{everything}' JOIN ranks
            ON license_expression IS NOT DISTINCT FROM name ORDER BY place DESC, is_vendor, origin, path""",
        )
        .to_arrow_table()
    )
    return ordered, {row[0] for row in duckdb.sql(f"SELECT content_id FROM '{kept}'").fetchall()}


def build(work: Path, rows: Path, near: str) -> Path:
    """Builds a release of the rows with the store in `work`, which another build may have left; gives its folder."""
    table = pq.read_table(rows)
    paths = [f"{number:06d}/{path}" for number, path in enumerate(table["path"].to_pylist())]
    at = table.schema.get_field_index("path")
    pq.write_table(table.set_column(at, "path", pa.array(paths)), work / "rows.parquet")
    recipe = {
        "name": near,
        "sources": [{"kind": "parquet", "paths": [str(work / "rows.parquet")]}],
        "policy": {"preset": "none"},
        "duplicates": {"near": near},
    }
    (work / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    command = [sys.executable, "-m", "tilth", "data", "build", str(work / "recipe.yaml"), "--workers", "2"]
    places = ["--into", str(work / near), "--store", str(work / "store")]
    subprocess.run([*command, *places], check=True, stdout=sys.stderr)
    return work / near
