"""`tilth data redact`, `restore` and `findings`: what was found out of files, back in with the key, and counted."""

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from tilth.cli.options import Output
from tilth.cli.output import emit, say

Sensitivity = Literal["strict", "balanced", "lenient"]
Group = Literal["secrets", "personal_data"]
Kinds = Annotated[list[str] | None, Parameter(name="--kind")]


def redact(
    files: Annotated[list[Path] | None, Parameter()] = None,
    /,
    *,
    in_place: bool = False,
    check: bool = False,
    only: Group | None = None,
    sensitivity: Sensitivity = "balanced",
    kind: Kinds = None,
    copyright_holders: Literal["keep", "redact"] = "keep",
    stand_ins: bool = False,
    model: str | None = None,
    key: Path | None = None,
    output: Output = "auto",
) -> None:
    """Replace secrets and personal data in files, or from standard input to standard output.

    With `--in-place` or `--check` the exit code is 3 where something was found, as a hook before a commit needs it.

    Example: tilth data redact --in-place notes.py

    Parameters
    ----------
    files
        Files to read; standard input without any.
    in_place
        Write each file anew where something was found.
    check
        Say where something is, line and kind, and write nothing.
    only
        Look for nothing else.
    sensitivity
        How sure a finding has to be: strict takes what may be one.
    kind
        Another sensitivity, or a confidence from 0 to 1, of one kind: `phone=strict`; may be given several times.
    copyright_holders
        Whether those whom a file names as holders of its copyright stay.
    stand_ins
        Put what looks real and belongs to nobody in the place of `<EMAIL_1>`.
    model
        A token-classification model, a folder or a name of the hub, whose findings count too (needs `transformers`).
    key
        File with a key, made where there is none: the original is sealed with it into FILE.sealed.
    """
    from tilth.data.facts.kinds import GROUPS
    from tilth.data.facts.model_findings import labeller
    from tilth.data.redact_bytes import redact_bytes
    from tilth.errors import CheckFailed, UserError

    if key and not in_place:
        raise UserError("`--key` seals what is replaced in files", hint="add `--in-place`")
    least = _least(sensitivity, kind, copyright_holders)
    chosen = labeller(model) if model else None
    groups = [only] if only else GROUPS
    found: list[dict[str, Any]] = []
    for path in files or [Path("-")]:
        raw = _read(path)
        made = redact_bytes(raw, path.name, least, groups=groups, stand_ins=stand_ins, model=chosen)
        found += [
            {"file": str(path), "line": made.line_of(one), "kind": one.kind} for one in made.replacements
        ]
        if check:
            continue
        if not in_place:
            sys.stdout.buffer.write(made.raw)
        elif made.raw != raw:
            _write(path, raw, made.raw, key)
    if check or in_place:
        emit(found, output)
        if found:
            raise CheckFailed(f"{len(found)} findings" + (", replaced" if in_place else ""))


def restore(file: Path, /, *, key: Path) -> None:
    """Put the original of a redacted file back, from FILE.sealed.

    Example: tilth data restore notes.py --key secret.key

    Parameters
    ----------
    file
        The redacted file.
    key
        File with the key that sealed it.
    """
    from tilth.data import sealed
    from tilth.errors import UserError
    from tilth.store.atomic import whole_file

    if not key.exists():
        raise UserError(f"there is no key `{key}`")
    beside = _beside(file)
    original = sealed.restore(_read(file), _read(beside), sealed.read_key(key))
    with whole_file(file) as temporary:
        temporary.write_bytes(original)
    say(f"`{file}` is what it was")


def findings(
    release: Path,
    /,
    *,
    sensitivity: Sensitivity = "balanced",
    kind: Kinds = None,
    output: Output = "auto",
) -> None:
    """Count a release's findings by kind: files, spans, and the spans that count at a sensitivity; never values.

    Example: tilth data findings releases/mine --sensitivity strict

    Parameters
    ----------
    release
        Folder of the release.
    sensitivity
        How sure a finding has to be to count.
    kind
        Another sensitivity, or a confidence from 0 to 1, of one kind: `phone=strict`; may be given several times.
    """
    from tilth.data.release.look import findings as counted

    emit(counted(release, _policy(sensitivity, kind, "redact")), output)


def _policy(sensitivity: str, kinds: list[str] | None, holders: str) -> Any:
    import yaml

    from tilth.config.findings import Findings
    from tilth.config.load import check
    from tilth.errors import UserError

    by_kind = {}
    for one in kinds or ():
        name, equals, value = one.partition("=")
        if not equals:
            raise UserError(f"`{one}` is not KIND=SENSITIVITY", hint="such as `--kind phone=strict`")
        by_kind[name] = yaml.safe_load(value)
    said = {"sensitivity": sensitivity, "sensitivity_by_kind": by_kind, "copyright_holders": holders}
    return check(Findings, said)


def _least(sensitivity: str, kinds: list[str] | None, holders: str) -> dict[str, float]:
    from tilth.data.policy.findings import least_of

    return least_of(_policy(sensitivity, kinds, holders))


def _read(path: Path) -> bytes:
    from tilth.errors import UserError

    if str(path) == "-":
        return sys.stdin.buffer.read()
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"`{path}` cannot be read: {error.strerror}") from error


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.sealed")


def _write(path: Path, original: bytes, redacted: bytes, key: Path | None) -> None:
    from tilth.data import sealed
    from tilth.store.atomic import whole_file

    # A link stays one: what it points at is written.
    path = path.resolve()
    mode = path.stat().st_mode & 0o7777
    if key:
        _beside(path).write_bytes(sealed.seal(original, redacted, sealed.read_key(key)))
    with whole_file(path) as temporary:
        temporary.write_bytes(redacted)
        temporary.chmod(mode)
