"""YAML as people expect it: the core schema of YAML 1.2, duplicate keys refused, mistakes told with their line.

PyYAML reads YAML 1.1, where `no` and `off` are false, `1e-5` is text, `12:30` is 750, `010` is 8 and `2024-01-01`
is a date. Here only `true` and `false` are truth values, `1e-5` is a number and a date stays the text it is (the
models turn it into one where a date is meant). Source: YAML 1.2.2, section 10.3.
"""

import re
from typing import Any

import yaml

from tilth.errors import UserError

_RULES: tuple[tuple[str, str, str], ...] = (
    ("null", r"~|null|Null|NULL|", "~nN"),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+.0123456789",
    ),
)

_LINE_ENDS = frozenset("\x85\u2028\u2029")


class _Loader(yaml.SafeLoader):
    """Reads YAML 1.2's core schema."""

    yaml_implicit_resolvers: dict[str, Any] = {"<": [("tag:yaml.org,2002:merge", re.compile(r"^(?:<<)$"))]}  # noqa: RUF012

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key = self.construct_object(key_node)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key `{key}` is there twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)

    def construct_mapping_as_yaml(self, node: yaml.MappingNode) -> Any:
        # The tree may point back into itself, so the mapping has to exist before it is filled.
        data: dict[Any, Any] = {}
        yield data
        data.update(self.construct_mapping(node))

    def construct_whole(self, node: yaml.ScalarNode) -> int:
        text = self.construct_scalar(node)
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)


class _Dumper(yaml.SafeDumper):
    """Quotes what either version of YAML would not read back as the same text."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_text(self, data: str) -> yaml.ScalarNode:
        # PyYAML writes these three as they are, and reads them as the end of a line.
        style = '"' if _LINE_ENDS.intersection(data) else None
        return self.represent_scalar("tag:yaml.org,2002:str", data, style)


for _tag, _pattern, _first in _RULES:
    for _class in (_Loader, _Dumper):
        _class.add_implicit_resolver(
            f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), [*_first] + [""] * (_tag == "null")
        )
_Dumper.add_representer(str, _Dumper.represent_text)
_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_whole)
_Loader.add_constructor("tag:yaml.org,2002:map", _Loader.construct_mapping_as_yaml)


def read_yaml(text: str | bytes, *, where: str) -> Any:
    """Read one YAML document.

    Args:
        text: The document; bytes must be UTF-8 or UTF-16 with a byte order mark.
        where: File or option that an error names.

    Raises:
        UserError: It is no YAML; with line and column where they are known.
    """
    try:
        return yaml.load(text, _Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{where}:{mark.line + 1}:{mark.column + 1}" if mark else where
        raise UserError(error.problem or "no valid YAML", where=place, hint=_hint(error)) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"no valid YAML: {' '.join(str(error).split())}", where=where) from error
    except RecursionError as error:
        raise UserError("no valid YAML: nested too deeply", where=where) from error
    except ValueError as error:
        raise UserError(f"no valid YAML: {error}", where=where) from error


def write_yaml(data: Any) -> str:
    """Data as YAML text, keys in their order; reads back equal under YAML 1.1 and 1.2."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10**9)


def _hint(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or ""
    if "'\\t'" in problem:
        return "indent with spaces, not with tabs"
    if "mapping values are not allowed here" in problem:
        return "put text that holds `: ` in quotes, and look at the indentation"
    if "cannot start any token" in problem or "undefined alias" in problem:
        return "put text that begins with one of `*&!@%`` in quotes"
    return ""
