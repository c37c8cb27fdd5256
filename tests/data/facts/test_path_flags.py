import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.data.facts.path_flags import COLUMNS, flags_of, reasons_of

V, T, D = "vendored", "test", "documentation"

CASES = [
    ("src/main.py", set()),
    ("node_modules/a/index.js", {V}),
    ("web/node_modules/a/index.js", {V}),
    ("my_node_modules/a.js", set()),
    ("vendor/a.go", {V}),
    ("a/Vendor/a.c", {V}),
    ("vendoring/a.go", set()),
    ("third_party/a.c", {V}),
    ("src/3rdparty/a.c", {V}),
    ("ThirdParty/a.c", {V}),
    ("external/a.c", {V}),
    ("bower_components/a.js", {V}),
    ("public/dist/a.js", {V}),
    ("distance/a.py", set()),
    ("deps/a.c", {V}),
    ("src/deps/a.c", set()),
    ("js/jquery-3.6.0.js", {V}),
    ("js/jquery.js", {V}),
    ("js/app.min.js", {V}),
    ("css/bootstrap.css", {V}),
    ("css/site.css", set()),
    ("types/a.d.ts", {V}),
    ("gradlew", {V}),
    ("gradle/wrapper/a.properties", {V}),
    ("configure", {V}),
    ("configure.py", set()),
    ("m4/libtool.m4", {V}),
    (".gitignore", {V}),
    (".github/workflows/ci.yml", {V}),
    ("Pods/A/a.m", {V}),
    ("Godeps/_workspace/a.go", {V}),
    ("tests/test_a.py", {T}),
    ("src/test/java/A.java", {T}),
    ("a/test_b.py", {T}),
    ("a/b_test.go", {T}),
    ("a/b.spec.ts", {T}),
    ("a/b.test.jsx", {T}),
    ("conftest.py", {T}),
    ("spec/a_spec.rb", {T}),
    ("a/UserServiceTest.java", {T}),
    ("a/Contest.java", set()),
    ("a/latest.py", set()),
    ("a/attestation/b.py", set()),
    ("__tests__/a.js", {T}),
    ("t/01-basic.t", {T}),
    ("A.Tests/B.cs", {T}),
    ("docs/index.md", {D}),
    ("a/docs/index.md", {D}),
    ("examples/a.py", {D}),
    ("src/examples/a.py", set()),
    ("README.md", {D}),
    ("a/README", {D}),
    ("READMEs.py", set()),
    ("LICENSE", {D}),
    ("CHANGELOG.md", {D}),
    ("Documentation/a.rst", {D}),
    ("vendor/a/tests/README.md", {V, T, D}),
    ("tests/fixtures/a.json", {V, T}),
    ("a\nvendor/b.c", set()),
    ("", set()),
]


def flags(path: str) -> set[str]:
    return {COLUMNS[column] for column, [on] in flags_of([path]).items() if on}


@given(st.lists(st.text(max_size=60) | st.sampled_from([path for path, _ in CASES])))
def test_many_paths_at_once_are_the_paths_one_by_one(paths: list[str]) -> None:
    together = flags_of(paths)
    assert [{COLUMNS[name] for name in COLUMNS if together[name][at]} for at in range(len(paths))] == [
        flags(path) for path in paths
    ]


@given(st.text(max_size=60) | st.sampled_from([path for path, _ in CASES]))
def test_each_flag_has_a_reason(path: str) -> None:
    assert {COLUMNS[column] for column in reasons_of(path)} == flags(path)


def test_a_path_that_is_no_text_gets_flags() -> None:
    assert flags(b"vendor/\xff.c".decode("utf-8", "surrogateescape")) == {V}


@pytest.mark.parametrize(("path", "expected"), CASES)
def test_flags(path: str, expected: set[str]) -> None:
    assert flags(path) & {V, T, D} == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("pyproject.toml", True),
        ("a/tsconfig.build.json", True),
        (".github/workflows/ci.yml", True),
        ("Makefile", True),
        (".eslintrc.json", True),
        ("src/main.py", False),
        ("data.json", False),
        ("README.md", False),
        ("a\n/pyproject.toml.py", False),
        ("", False),
    ],
)
def test_configuration(path: str, expected: bool) -> None:
    assert flags_of([path])["is_configuration"] == [expected]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Pods/a.m", True),
        ("a/node_modules/b.js", True),
        ("vendor/github.com/a/b.go", True),
        ("htmlcov/index.html", True),
        ("a/__generated__/b.ts", True),
        ("vendor/a.go", False),
        ("src/pods.py", False),
        ("node_modules.py", False),
        ("", False),
    ],
)
def test_places_that_programs_fill(path: str, expected: bool) -> None:
    assert flags_of([path])["is_generated_place"] == [expected]


def test_a_reason_is_the_pattern() -> None:
    assert "node_modules" in reasons_of("node_modules/a.js")["is_generated_place"]
