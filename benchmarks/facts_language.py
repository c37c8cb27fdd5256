"""The language of a file: how often it is right and how fast it is told, beside Linguist and go-enry.

    python benchmarks/facts_language.py FOLDER [--quick] [--repositories FOLDER] [--clone NAME=CLONE ...]

FOLDER keeps what is fetched: Linguist, Rouge and highlight.js at the commits that the tables are made of, and the
source distribution of Pygments. --clone takes one of them from a clone instead. Speed is taken on the files of bare
repositories, or of what was fetched (without Linguist's samples). --quick leaves out the cross-validation.

Linguist and go-enry are installed into FOLDER and asked about the same files in the same run (see `peers/`). Where one
cannot be installed, and for Linguist's cross-validation and its classifier alone, the figures of the project's notes
of 2026-08 stand, on the same sets, and are marked as published. The peers read no file while their time is taken, as
ours do not; they do decode. Cross-validation deals the files of each language out over five folds in the order of
their hashes; the examples of the two highlighters are learnt from in every fold, and a run without them is given too.
What shares lines with a file that is measured on is not learnt from.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from facts_language_sets import (
    folder_files,
    folds,
    generated_assertions,
    generic_fixtures,
    path_assertions,
    pygments_examples,
    pygments_root,
    repository_files,
    without_copies,
)
from measure import finish
from peers import debian, go_enry, linguist
from peers.asking import Peer, laid_out

from tilth.data.facts import language
from tilth.data.facts.batch import Batch
from tilth.data.facts.classifier import model as models
from tilth.data.facts.classifier.labelled import (
    Labelled,
    highlight_examples,
    linguist_samples,
    rouge_examples,
)
from tilth.data.facts.classifier.model import Classifier, classifier
from tilth.data.facts.classifier.refresh import SOURCES, texts_of
from tilth.data.facts.classifier.train import train
from tilth.data.facts.encoding import decode
from tilth.data.facts.generated import generated
from tilth.data.facts.path_flags import flags_of
from tilth.data.facts.tables.sources import unpacked

FOLDS = 5
PUBLISHED = {
    "linguist 9.6": {
        "samples": 0.9997,
        "samples_cv": 0.9976,
        "content_cv": 0.745,
        "generic": 1.0,
        "pygments": 0.938,
        "pygments_content": 0.535,
        "files_per_second": 1150,
    },
    "go-enry 2.9.6": {"samples": 0.9615, "generic": 0.783, "pygments": 0.931, "files_per_second": 11300},
}
GOALS = {
    "samples": ">= 0.9997",
    "generic": ">= 1",
    "pygments": ">= 0.9381",
    "pygments_content": ">= 0.5351",
    "generated": ">= 1",
    "files_per_second": ">= 12000",
    "named_files_per_second": ">= 100000",
}
CV_GOALS = {"samples_cv": ">= 0.998", "content_cv": ">= 0.80"}


def named(example: Labelled) -> str | None:
    """The language by name and content."""
    codec, text = decode(example.raw)
    return language.language_of(example.name, text)[0] if codec else None


def accuracy(examples: list[Labelled], answer: Callable[[Labelled], str | None]) -> float:
    """Share of right answers."""
    return sum(answer(example) == example.language for example in examples) / len(examples)


def by_content(model: Classifier) -> Callable[[Labelled], str | None]:
    """The classifier's first answer, whatever its score."""

    def answer(example: Labelled) -> str | None:
        guess = model.guess(decode(example.raw)[1])
        return guess.language if guess else None

    return answer


def learnt_from(examples: list[Labelled]) -> Classifier:
    """A classifier made as the shipped one is."""
    return Classifier.of(train(texts_of(examples)))


def on_pygments(samples: list[Labelled], more: list[Labelled], root: Path) -> dict[str, float]:
    """Accuracy on Pygments' examples of a model that has seen no copy of them."""
    examples = pygments_examples(root)
    model = learnt_from(without_copies([*samples, *more], examples))
    shipped = models.classifier
    models.classifier = lambda: model
    found = {
        "pygments": accuracy(examples, named),
        "pygments_content": accuracy(examples, by_content(model)),
        "pygments_files": len(examples),
        "pygments_languages": len({example.language for example in examples}),
    }
    models.classifier = shipped
    return found


def cross_validated(samples: list[Labelled], more: list[Labelled]) -> tuple[float, float]:
    """Accuracy with names and by content alone, of models that have not seen the file."""
    fold = folds(samples, FOLDS)
    right = [0.0, 0.0]
    shipped = models.classifier
    for number in range(FOLDS):
        learnt = [sample for sample, its in zip(samples, fold, strict=True) if its != number]
        asked = [sample for sample, its in zip(samples, fold, strict=True) if its == number]
        model = learnt_from([*learnt, *without_copies(more, asked)])
        models.classifier = lambda model=model: model
        right[0] += accuracy(asked, named) * len(asked)
        right[1] += accuracy(asked, by_content(model)) * len(asked)
    models.classifier = shipped
    return right[0] / len(samples), right[1] / len(samples)


def speed(files: list[tuple[str, bytes]]) -> float:
    """Files a second of processor time, all columns of the group, the best of five; decoding is not counted."""
    batches = [
        Batch.of([str(i) for i in range(len(part))], [name for name, _ in part], [raw for _, raw in part])
        for part in (files[at : at + 512] for at in range(0, len(files), 512))
    ]
    seconds = []
    for _ in range(5):
        start = time.process_time()
        for batch in batches:
            language.compute(batch)
        seconds.append(time.process_time() - start)
    return len(files) / min(seconds)


def settled_by_name(files: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """Those whose name leaves no question."""
    found = []
    for name, raw in files:
        codec, text = decode(raw)
        if codec and language.language_of(name, text)[1] in ("extension", "filename"):
            found.append((name, raw))
    return found


def figures(roots: list[Path], samples: list[Labelled], files: list[tuple[str, bytes]]) -> dict[str, float]:
    """What the shipped tables answer, and how fast."""
    generic = generic_fixtures(roots[0])
    calls = generated_assertions(roots[0])
    paths = path_assertions(roots[0])
    places = flags_of(path for path, _, _ in calls)["is_generated_place"]
    told = [
        bool(generated(Path(path).name, decode(raw)[1])) or place
        for (path, raw, _), place in zip(calls, places, strict=True)
    ]
    flags = flags_of(path for path, _, _ in paths)
    columns = ["is_vendor" if flag == "vendored" else "is_documentation" for _, flag, _ in paths]
    flagged = [flags[column][at] for at, column in enumerate(columns)]
    start = time.process_time()
    classifier()
    load = time.process_time() - start
    return {
        "samples": accuracy(samples, named),
        "generic": sum(named(Labelled("", name, raw)) == want for want, name, raw in generic) / len(generic),
        "generated": sum(got == want for got, (_, _, want) in zip(told, calls, strict=True)) / len(calls),
        "generated_assertions": len(calls),
        "paths": sum(got == want for got, (_, _, want) in zip(flagged, paths, strict=True)) / len(paths),
        "path_assertions": len(paths),
        "classifier_load_seconds": load,
        "files": len(files),
        "files_per_second": speed(files),
        "named_files_per_second": speed(settled_by_name(files)),
    }


def peer_figures(
    peer: Peer,
    folder: Path,
    sets: dict[str, list[tuple[str | None, str, bytes]]],
    files: list[tuple[str, bytes]],
) -> dict[str, float]:
    """A peer's accuracy on each set of (language, name, contents), and its speed on files as they come."""
    found = {}
    for key, examples in sets.items():
        told = list(peer.answers(laid_out(folder / "cases", [(name, raw) for _, name, raw in examples])))
        right = sum(one["language"] == want for one, (want, _, _) in zip(told, examples, strict=True))
        found[key] = round(right / len(examples), 4)
    spoken = [(name, raw) for name, raw in files if "\n" not in name]
    paths = laid_out(folder / "cases", spoken)
    # The first files load the peer's tables.
    speeds = [
        len(spoken) / sum(one["seconds"] for one in [*peer.answers([*paths[:200], *paths])][200:])
        for _ in range(2)
    ]
    return found | {"files_per_second": round(max(speeds))}


def peers_beside(
    folder: Path, sets: dict[str, list[tuple[str | None, str, bytes]]], files: list[tuple[str, bytes]]
) -> dict[str, dict[str, Any]]:
    """What the peers say of the same files, or what was published where they cannot be asked."""
    found: dict[str, dict[str, Any]] = {}
    for install, published in ((linguist.install, "linguist 9.6"), (go_enry.install, "go-enry 2.9.6")):
        figures = PUBLISHED[published]
        try:
            peer = install(folder)
        except debian.NotInstallable as error:
            found[f"{published} (published)"] = figures | {"not_installed": str(error)}
            continue
        measured = peer_figures(peer, folder, sets, files)
        found[f"{peer.name} {peer.version}"] = measured
        if rest := {key: value for key, value in figures.items() if key not in measured}:
            found[f"{published} (published)"] = rest
    return found


def main() -> None:
    """Fetch, measure, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--repositories", type=Path)
    parser.add_argument("--clone", action="append", default=[])
    asked = parser.parse_args()
    clones = {name: Path(clone) for name, _, clone in (one.partition("=") for one in asked.clone)}
    roots = [unpacked(source, asked.folder, clones.get(source.name)) for source in SOURCES]
    pygments = pygments_root(asked.folder)
    if asked.repositories:
        files = repository_files(asked.repositories)
    else:
        files = folder_files([roots[0] / "lib", roots[0] / "test", *roots[1:], pygments])
    samples = list(linguist_samples(roots[0]))
    more = [*rouge_examples(roots[1]), *highlight_examples(roots[2])]
    ours: dict[str, Any] = figures(roots, samples, files) | on_pygments(samples, more, pygments)
    if not asked.quick:
        ours["samples_cv"], ours["content_cv"] = cross_validated(samples, more)
        ours["samples_cv_alone"], ours["content_cv_alone"] = cross_validated(samples, [])
    goals = GOALS | ({} if asked.quick else CV_GOALS)
    rounded = {key: round(value, 4) for key, value in ours.items()}
    sets = {
        "samples": [(one.language, one.name, one.raw) for one in samples],
        "generic": generic_fixtures(roots[0]),
        "pygments": [(one.language, one.name, one.raw) for one in pygments_examples(pygments)],
    }
    peers = peers_beside(asked.folder, sets, files)
    ratios = {key: rounded[key] for key in goals}
    for name, values in peers.items():
        for key in ("pygments", "files_per_second"):
            if key in values:
                ratios[f"{key}_over_{name.split()[0]}"] = rounded[key] / values[key]
    goals |= {key: "> 1" for key in ratios if key.startswith("pygments_over_")}
    finish("facts_language", rounded, peers, ratios, goals)


if __name__ == "__main__":
    main()
