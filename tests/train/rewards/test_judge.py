"""A judge: what is made of what it says, addresses that are none, and a real server."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tests.train.rollouts.served import PYTHON, folder, servers
from tilth.errors import UserError
from tilth.train.rewards.judge import get_judge_reward, score_of
from tilth.train.rollouts.vllm_client import Client


@pytest.mark.parametrize(
    ("said", "score"),
    [
        ("Score: 7", 0.7),
        ("**Score:** 10", 1.0),
        ("Score: 3\nno, better\nscore = 4.5", 0.45),
        ("8", 0.8),
        ("Score: 11", None),
        ("Score: -1", None),
        ("I cannot say", None),
        ("", None),
        ("of 10 I would give most", None),
    ],
)
def test_the_score_in_a_text(said: str, score: float | None) -> None:
    assert score_of(said, 10) == score


@pytest.mark.parametrize("url", ["", "127.0.0.1:8000", "file:///etc"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(UserError, match="no address"):
        get_judge_reward(url)


def test_a_question_without_the_answer() -> None:
    with pytest.raises(UserError, match="without the answer"):
        get_judge_reward("http://127.0.0.1:1/v1", question="{prompt}?")


class _Judge(BaseHTTPRequestHandler):
    """Says what stands between brackets in the question; fails the first time, and refuses who has no key."""

    seen: ClassVar[list[dict[str, Any]]] = []
    failed = False

    def do_GET(self) -> None:
        self._say(200, {"data": [{"id": "judge"}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        type(self).seen.append(body | {"key": self.headers.get("Authorization")})
        if not type(self).failed:
            type(self).failed = True
            self._say(503, {})
            return
        text = body["messages"][0]["content"]
        self._say(200, {"choices": [{"message": {"content": text.partition("[")[2].partition("]")[0]}}]})

    def _say(self, code: int, what: dict[str, Any]) -> None:
        text = json.dumps(what).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def judge() -> Iterator[str]:
    _Judge.seen, _Judge.failed = [], False
    with ThreadingHTTPServer(("127.0.0.1", 0), _Judge) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()
        thread.join()


def test_answers_are_judged_one_by_one(judge: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "k")
    reward = get_judge_reward(
        judge, question="{prompt} {completion} {hint} {unknown}", workers=2, key_variable="MY_KEY"
    )
    said = ["[Score: 5]", "[none]", "{prompt} [9]"]
    assert reward(prompts=["p"] * 3, completions=said, hint=["h"] * 3) == [0.5, None, 0.9]
    texts = {one["messages"][0]["content"] for one in _Judge.seen}
    assert texts == {"p [Score: 5] h {unknown}", "p [none] h {unknown}", "p {prompt} [9] h {unknown}"}
    assert {(one["model"], one["temperature"], one["key"]) for one in _Judge.seen} == {
        ("judge", 0, "Bearer k")
    }


def test_a_judge_that_is_not_there() -> None:
    with pytest.raises(UserError, match="does not answer"):
        get_judge_reward("http://127.0.0.1:9/v1", timeout_seconds=0.2)(prompts=["p"], completions=["x"])
    reward = get_judge_reward("http://127.0.0.1:9/v1", "named", timeout_seconds=0.2)
    assert reward(prompts=["p"], completions=["x"]) == [None]


@pytest.mark.skipif(not PYTHON.exists(), reason="no environment with vLLM: make vllm")
def test_a_real_server(tmp_path: Path) -> None:
    """A random model says nothing that is a score, and says it."""
    with servers(folder(tmp_path / "model", "llama", 0), 1, tmp_path) as [server]:
        Client(server.url, 60).meet(600)
        reward = get_judge_reward(f"{server.url}/v1", question="{completion}", max_tokens=4, most=1e9)
        found = reward(prompts=["1 2"] * 2, completions=["3 4", "5"])
        assert len(found) == 2 and all(one is None or 0 <= one <= 1 for one in found)
