"""Engines of vLLM servers, on real ones."""

import os
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.train.rollouts.served import CONTEXT, PYTHON, Server, folder, model, servers
from tilth.errors import UserError, WorkFailed
from tilth.train.rollouts.probe import Probed, scored_by
from tilth.train.rollouts.protocol import Sampling
from tilth.train.rollouts.servers import Servers
from tilth.train.rollouts.transport import ByFile, once
from tilth.train.rollouts.vllm_client import Unreachable

needs_vllm = pytest.mark.skipif(not PYTHON.exists(), reason="no environment with vLLM: make vllm")


@pytest.fixture(scope="module", params=["qwen3", "llama"])
def serving(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Two servers of one model, with tied embeddings and without; a name, the servers, an engine."""
    into = tmp_path_factory.mktemp(request.param)
    with servers(folder(into / "model", request.param, 0), 2, into) as started:
        engine = Servers([one.url for one in started], ByFile(into / "weights"), timeout_seconds=600)
        yield request.param, started, engine
        engine.close()


@needs_vllm
def test_after_a_push_servers_say_what_the_trainer_says(serving: tuple[str, list[Server], Servers]) -> None:
    name, _, engine = serving
    for seed in (1, 2):
        new = model(name, seed)
        probed = Probed(engine, scored_by(new), 97, 1e-5)
        probed.load(new.state_dict().items(), seed)
        [answers] = probed.generate([[3, 1, 4]], Sampling(8, seed=1), 2)
        score = scored_by(new)([[3, 1, 4, *answers[0].token_ids]])[0][2:]
        assert max(abs(a - b) for a, b in zip(answers[0].logps, score, strict=True)) < 1e-5
        assert {one.version for one in answers} == {seed}


@needs_vllm
def test_weights_of_another_model_stop_the_run(serving: tuple[str, list[Server], Servers]) -> None:
    name, _, engine = serving
    with pytest.raises(WorkFailed, match="differ from the trainer's"):
        Probed(engine, scored_by(model(name, 3)), 97, 1e-3).load(model(name, 4).state_dict().items(), 9)


@needs_vllm
def test_log_probabilities_are_of_the_distribution_that_was_drawn_from(
    serving: tuple[str, list[Server], Servers],
) -> None:
    """With one token to choose from, its probability is 1; with two, those of the two are that of one bet."""
    name, _, engine = serving
    engine.load(model(name, 1).state_dict().items(), 20)
    [[sure]] = engine.generate([[5, 6]], Sampling(6, temperature=0.7, top_k=1, seed=0))
    assert max(map(abs, sure.logps)) < 1e-6
    found = engine.generate([[5, 6]], Sampling(1, temperature=0.7, top_k=2, seed=0), 32)[0]
    shares = {one.token_ids[0]: 2.718281828 ** one.logps[0] for one in found}
    assert len(shares) == 2 and abs(sum(shares.values()) - 1) < 1e-5


@needs_vllm
def test_the_same_seed_gives_the_same_answers_and_each_prompt_its_own(
    serving: tuple[str, list[Server], Servers],
) -> None:
    _, _, engine = serving
    first, again = (engine.generate([[7, 8], [7, 8]], Sampling(12, seed=5), 2) for _ in range(2))
    assert [[a.token_ids for a in group] for group in first] == [
        [a.token_ids for a in group] for group in again
    ]
    assert len({tuple(one.token_ids) for group in first for one in group}) == 4


@needs_vllm
def test_an_answer_ends_at_its_stop_tokens_and_at_the_models_limit(
    serving: tuple[str, list[Server], Servers],
) -> None:
    _, _, engine = serving
    [[stopped]] = engine.generate([[7]], Sampling(64, seed=1, stop_token_ids=tuple(range(50))))
    assert (
        stopped.finish == "stop"
        and stopped.token_ids[-1] < 50
        and max(stopped.token_ids[:-1], default=50) >= 50
    )
    [[full]] = engine.generate([[7] * (CONTEXT - 3)], Sampling(64, seed=1))
    assert (full.finish, len(full.token_ids)) == ("length", 3)
    for prompt in ([], [7] * CONTEXT):
        with pytest.raises(UserError, match="prompt"):
            engine.generate([prompt], Sampling(4))


@needs_vllm
def test_a_server_that_is_killed_costs_no_answer_and_gets_the_weights_when_it_is_back(
    serving: tuple[str, list[Server], Servers],
) -> None:
    name, (victim, _), engine = serving
    new = model(name, 6)
    engine.load(new.state_dict().items(), 30)
    before = engine.lost

    def kill_in_the_middle() -> None:
        time.sleep(0.3)
        victim.kill()

    killing = threading.Thread(target=kill_in_the_middle)
    killing.start()
    prompts = [[at % 97, at // 97] for at in range(300)]
    found = engine.generate(prompts, Sampling(100, seed=2), 2)
    killing.join()
    assert [len(group) for group in found] == [2] * 300
    assert all(len(one.token_ids) == len(one.logps) == 100 for group in found for one in group)
    assert engine.lost > before
    score = scored_by(new)
    for at in (0, 150, 299):
        said = score([[*prompts[at], *found[at][0].token_ids]])[0][1:]
        assert max(abs(a - b) for a, b in zip(found[at][0].logps, said, strict=True)) < 1e-5
    victim.again()
    engine.clients[0].meet(600)
    probed = Probed(engine, score, 97, 1e-5)
    assert engine.generate([[1]], Sampling(2))[0][0].version == 30
    assert engine._is_current(engine.clients[0])
    probed.load(new.state_dict().items(), 31)


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="does not answer"):
        Servers(["http://127.0.0.1:9"], ByFile(tmp_path), timeout_seconds=0.2)


@pytest.mark.parametrize("url", ["", "ftp://there", "http://"])
def test_an_address_that_is_none(url: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no address"):
        Servers([url], ByFile(tmp_path))


class _Answering(BaseHTTPRequestHandler):
    """A server that is something else, or fails: what it says to each path is in `said`."""

    said: dict[str, tuple[int, bytes, float]]

    def do_GET(self) -> None:
        code, text, after = self.said.get(self.path, (404, b"not here", 0))
        time.sleep(after)
        self.send_response(code)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_POST = do_GET

    def log_message(self, *_: Any) -> None:
        pass


MODELS = b'{"data": [{"id": "m", "max_model_len": 64}]}'
STATE = b'{"results": [{"version": null}]}'


@pytest.fixture
def other(request: pytest.FixtureRequest) -> Iterator[str]:
    handler = type("Handler", (_Answering,), {"said": request.param})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("other", [{"/v1/models": (200, b"<html>hello", 0)}], indirect=True)
def test_something_that_is_no_vllm(other: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is no vLLM server"):
        Servers([other], ByFile(tmp_path), timeout_seconds=1)


@pytest.mark.parametrize("other", [{"/v1/models": (200, MODELS, 0)}], indirect=True)
def test_a_server_that_takes_no_weights(other: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not take weights"):
        Servers([other], ByFile(tmp_path), timeout_seconds=1)


KNOWS = {"/v1/models": (200, MODELS, 0), "/collective_rpc": (200, STATE, 0)}


@pytest.mark.parametrize("other", [KNOWS | {"/v1/completions": (200, b"{}", 5)}], indirect=True)
def test_a_server_that_answers_slowly_is_not_waited_for_without_an_end(other: str, tmp_path: Path) -> None:
    engine = Servers([other], ByFile(tmp_path), timeout_seconds=0.3)
    with pytest.raises(WorkFailed, match="did not answer a request"):
        engine.generate([[1, 2]], Sampling(4))
    engine.close()


@pytest.mark.parametrize("other", [KNOWS | {"/v1/completions": (400, b"what is this", 0)}], indirect=True)
def test_a_request_that_is_refused_is_told(other: str, tmp_path: Path) -> None:
    engine = Servers([other], ByFile(tmp_path), timeout_seconds=1)
    with pytest.raises(UserError, match="what is this"):
        engine.generate([[1, 2]], Sampling(4))
    engine.close()


CHOICE = (
    b'{"choices": [{"token_ids": [1, 2], "logprobs": {"token_logprobs": [-1.0]}, "finish_reason": "stop"}]}'
)


@pytest.mark.parametrize("other", [KNOWS | {"/v1/completions": (200, CHOICE, 0)}], indirect=True)
def test_tokens_without_their_log_probability_are_refused(other: str, tmp_path: Path) -> None:
    engine = Servers([other], ByFile(tmp_path), timeout_seconds=1)
    with pytest.raises(UserError, match="without its log-probability"):
        engine.generate([[1, 2]], Sampling(4))
    engine.close()


def test_a_file_of_weights_is_there_once_and_gone_at_the_end(tmp_path: Path) -> None:
    tied = model("qwen3", 0)
    names = [name for name, _ in once(tied.state_dict().items())]
    assert "lm_head.weight" not in names and "model.embed_tokens.weight" in names
    transport = ByFile(tmp_path)
    for version in (1, 2):
        transport.hold(tied.state_dict().items(), version)
    assert [path.name for path in tmp_path.iterdir()] == [f"weights-{os.getpid()}-2.safetensors"]
    transport.close()
    assert list(tmp_path.iterdir()) == []
