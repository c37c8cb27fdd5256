"""`tilth data explain`: what is believed about one file and why, in a screen."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from tilth.cli.options import Output
from tilth.cli.output import emit
from tilth.cli.reading import reads_release


@reads_release
def explain(
    file: Path,
    /,
    *,
    path: str | None = None,
    repository: Annotated[str | None, Parameter(name=["--repository", "--repo"])] = None,
    json: Annotated[bool, Parameter(name="--json", negative=())] = False,
    output: Output = "auto",
) -> None:
    """Say what is believed about a file, and why: encoding, language, flags, licence, and what each policy would do.

    Nothing is built: the file and those above it that may speak of its licence are read. A build may know more, from
    other places with the same bytes and from the forge. Of a release, it says what the release says of one path.

    Example: tilth data explain src/main.c

    Parameters
    ----------
    file
        File to explain, or the folder of a release.
    path
        Path in the release.
    repository
        Name or origin of the repository in the release, where several have the path.
    json
        The same as `--output json`.
    """
    how = "json" if json else output
    if path is not None or (file / "manifest.json").is_file():
        from tilth.data.release.look import one_path

        emit(one_path(file, path, repository), how)
        return
    from tilth.data.explain import explain as explained

    found = explained(file)
    emit(found if how == "json" else told(found), how)


def told(found: Mapping[str, Any]) -> dict[str, Any]:
    """What was found, as one line or a few for each question."""
    language, licence = found["language"], found["licence"]
    lines: dict[str, Any] = {
        "path": f"{found['path']}  (in {found['root']})",
        "encoding": found["encoding"],
        "language": _language(language),
    }
    lines["flags"] = [f"{name} ({why})" for name, why in found["flags"].items()] or "none"
    lines["licence"] = _licence(licence)
    lines["in the file"] = [_evidence(one) for one in licence["evidence"]] or "nothing"
    lines["above it"] = [_side(one) for one in licence["folders"]] or "nothing"
    lines["lists"] = [f"{name}: {_marks(marks)}" for name, marks in licence["lists"].items()] or "none"
    if licence["contradiction"]:
        sides = [_side(one) for one in licence["contradiction"]]
        lines["contradiction"] = [
            *sides,
            *([f"OSADL: {licence['compatible']}"] if licence["compatible"] else []),
        ]
    lines["size"] = ", ".join(
        f"{name} {_number(value)}" for name, value in found["metrics"].items() if value is not None
    )
    for name, drops in found["policies"].items():
        stays = f"stays (class {licence['class'][name]})"
        lines[f"policy {name}"] = [_drop(one) for one in drops] or stays
    return lines


def _language(language: Mapping[str, Any]) -> str:
    if language["language"] is None:
        return f"not known (by {language['how']})" if language["how"] else "not known"
    group = "" if language["group"] == language["language"] else f", counts with {language['group']}"
    return f"{language['language']} (by {language['how']}; {language['type']}{group})"


def _licence(licence: Mapping[str, Any]) -> str:
    if licence["expression"] is None:
        return "none found"
    where = f" {', '.join(licence['from'].splitlines())}" if licence["from"] else ""
    classes = dict.fromkeys(licence["class"].values())
    return f"{licence['expression']} (by {licence['source']}:{where}; {' or '.join(classes)})"


def _evidence(one: Mapping[str, Any]) -> str:
    first, last = one["lines"]
    lines = f"line {first}" if first == last else f"lines {first}-{last}"
    return f"{lines}: {one['kind']}, rule {one['rule']}, score {one['score']:g}: {one['text']}"


def _side(one: Mapping[str, Any]) -> str:
    return f"{one['source']} {', '.join((one['path'] or '').splitlines())}: {one['expression']}"


def _marks(marks: Mapping[str, Any]) -> str:
    said = [f"{name} {_mark(value)}" for name, value in marks.items()]
    return "; ".join(said)


def _mark(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "says nothing" if value is None else str(value)


def _number(value: Any) -> str:
    return f"{value:,.4g}" if isinstance(value, float) else f"{value:,}"


def _drop(one: Mapping[str, Any]) -> str:
    bound = one.get("bound")
    bound = ", ".join(map(str, bound)) if isinstance(bound, list | tuple) else bound
    against = f" ({one['setting']}: {bound})" if "setting" in one else ""
    return f"drops it: {one['reason']} {one['value'] or ''}".rstrip() + against
