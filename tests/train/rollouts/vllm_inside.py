"""Run by the interpreter of the environment with vLLM: what its engine in this process says, as one line of JSON."""

import json
import sys
from pathlib import Path

from tests.train.rollouts.served import CONTEXT, model
from tilth.errors import UserError, WorkFailed
from tilth.train.rollouts.probe import Probed, scored_by
from tilth.train.rollouts.protocol import Sampling
from tilth.train.rollouts.vllm import Vllm, shape_of


def refusal(attempt: object) -> str:
    try:
        attempt()  # type: ignore[operator]
    except (UserError, WorkFailed) as error:
        return error.what
    return ""


def main(name: str, folder: Path) -> dict[str, object]:
    engine = Vllm(
        shape_of(model(name, 0), folder),
        dtype="float32",
        max_model_len=CONTEXT,
        cache_bytes=2**26,
        load_format="dummy",
        sleeps=True,
    )
    new = model(name, 1)
    probed = Probed(engine, scored_by(new), 97, 1e-5)
    wrong = refusal(lambda: probed.load(model(name, 2).state_dict().items(), 1))
    probed.load(new.state_dict().items(), 2)
    first, again = (probed.generate([[3, 1], [3, 1]], Sampling(10, seed=4), 3) for _ in range(2))
    said = scored_by(new)([[3, 1, *one.token_ids] for group in first for one in group])
    logps = [one.logps for group in first for one in group]
    [[sure]] = probed.generate([[5]], Sampling(5, temperature=0.5, top_k=1))
    [[stopped]] = probed.generate([[7]], Sampling(64, seed=1, stop_token_ids=tuple(range(50))))
    found = {
        "wrong": wrong,
        "difference": probed.difference,
        "sampled": max(
            abs(a - b) for x, y in zip(logps, said, strict=True) for a, b in zip(x, y[1:], strict=True)
        ),
        "same": [[a.token_ids for a in group] for group in first]
        == [[a.token_ids for a in group] for group in again],
        "different": len({tuple(one.token_ids) for group in first for one in group}),
        "versions": sorted({one.version for group in first for one in group}),
        "sure": max(map(abs, sure.logps)),
        "stopped": [stopped.finish, stopped.token_ids[-1] < 50],
        "empty": refusal(lambda: probed.generate([[]], Sampling(3))),
        "long": refusal(lambda: probed.generate([[1] * CONTEXT], Sampling(3))),
        "length": len(probed.generate([[1] * (CONTEXT - 2)], Sampling(9))[0][0].token_ids),
    }
    probed.close()
    return found


if __name__ == "__main__":
    answer = main(sys.argv[1], Path(sys.argv[2]))
    print(json.dumps(answer))
