"""Whole licence texts for `facts_licence.py`: how they are changed, and which of them are the same."""

import random
import re
from collections.abc import Callable, Sequence


def perturbations() -> dict[str, Callable[[str], str]]:
    """What copies do to a licence text."""
    draw = random.Random(7)
    vocabulary = "the of software and is to any source code such work provided terms you may".split()

    def noise(text: str) -> str:
        words = re.split(r"(\s+)", text)
        return "".join(
            draw.choice(vocabulary) if word.strip() and draw.random() < 0.02 else word for word in words
        )

    def wrapped(text: str) -> str:
        lines = []
        for paragraph in text.split("\n\n"):
            line = ""
            for word in paragraph.split():
                if len(line) + len(word) > 70:
                    lines.append(f" * {line}")
                    line = ""
                line = f"{line} {word}".strip()
            lines += [f" * {line}", " *"]
        return "/*\n" + "\n".join(lines) + "\n */\nint main(void) { return 0; }\n"

    return {
        "clean": lambda text: text,
        "copyright": lambda text: f"Copyright (c) 2019-2021 Example Authors. All rights reserved.\n\n{text}",
        "comment": wrapped,
        "noise": noise,
        "upper": str.upper,
    }


def family(name: str) -> str:
    """A licence without `-only`, `-or-later` and the words about invariant sections: their texts are the same."""
    return re.sub(
        r"-(?:only|or-later|(?:no-)?invariants.*)\Z|\+\Z", "", re.sub(r"-(?:no-)?invariants", "", name)
    )


def alike(samples: Sequence[tuple[str, str]]) -> dict[str, str]:
    """For each licence one that stands for all with the same text, word for word: they differ in what is not in it."""
    first: dict[tuple[str, ...], str] = {}
    return {
        name: first.setdefault(tuple(re.findall(r"\w+", text.lower())), family(name))
        for name, text in samples
    }
