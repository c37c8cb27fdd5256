"""What a file's name says of the values in it."""

from functools import cache

_CLASSES = {
    0: "py js jsx ts tsx mjs cjs java kt kts scala go rs c h cc cpp hpp cs vb fs php rb pl pm lua swift m mm dart ex "
    "exs erl hrl clj cljs hs ml r jl groovy gradle coffee vue svelte sol nim zig d pas f90 asm sql psql",
    1: "env yml yaml ini cfg conf config properties toml props tf tfvars hcl plist cnf rc npmrc pypirc netrc pgpass "
    "service desktop credentials local dist template tpl j2 example sample default",
    2: "md rst txt adoc asciidoc org tex html htm xhtml markdown wiki textile log",
    3: "sh bash zsh fish ps1 psm1 bat cmd dockerfile makefile mk",
    4: "json xml csv tsv ipynb har lock svg map geojson jsonl ndjson xsd wsdl po pot strings resx",
}
_BY_ENDING = {ending: number for number, endings in _CLASSES.items() for ending in endings.split()}
_OTHER = 5
_TESTS = ("test", "spec", "mock", "fixture", "example", "sample", "demo", "stub", "fake")
_LOCKS = ("lock", "sum", "checksums", "integrity", "shasum", "sha256", "md5")


@cache
def traits(name: str) -> tuple[int, int, int]:
    """Class of the file (code, settings, prose, script, data, other), and whether its name says test, and versions."""
    low = name.lower()
    ending = low.rsplit(".", 1)[-1] if "." in low else low
    kind = _BY_ENDING.get(ending, _OTHER)
    return kind, any(word in low for word in _TESTS), any(word in low for word in _LOCKS)
