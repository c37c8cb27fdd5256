"""The built-in templates: one BOS, faithful masks, and the end of a turn trained, with tokenizers of both kinds."""

import pytest

from tests.train.rows.made import MARKERS, chat, tokenizer
from tilth.errors import UserError
from tilth.train.rows.encode import Encoder, trained_flags
from tilth.train.rows.named import TEMPLATES, choose, detect
from tilth.train.rows.places import Offsets

SYSTEM = {"role": "system", "content": "Be brief."}
TALK = chat("What is six times seven?", "forty-two", "And two?", "fourteen, because\n\nit is.")
KINDS = [{"bos": True}, {"bos": False}, {"bos": True, "metaspace": True}, {"bos": False, "pad": False}]


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("has_system", [True, False])
def test_what_is_trained_is_what_the_assistant_said(
    name: str, kind: dict[str, bool], has_system: bool
) -> None:
    made = tokenizer(*MARKERS[name], **kind)
    template = choose(made, name)
    text, spans = template.turns([SYSTEM, *TALK] if has_system else TALK)
    said = [text[start:end] for start, end in spans]
    for part, message in zip(said, TALK[1::2], strict=True):
        closed = next(token for token in template.closing if part.endswith(token))
        assert part.removesuffix(closed).strip() == message["content"]


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("name", TEMPLATES)
def test_pitfall_4_one_bos(name: str, kind: dict[str, bool]) -> None:
    made = tokenizer(*MARKERS[name], **kind)
    ids = made.backend_tokenizer.encode(choose(made, name).render(TALK), add_special_tokens=False).ids
    places = [at for at, one in enumerate(ids) if one == made.bos_token_id] if made.bos_token else []
    assert places == ([0] if made.bos_token else [])


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("name", TEMPLATES)
def test_pitfalls_6_7_52_mask_is_neither_all_nor_nothing_and_holds_the_end(
    name: str, kind: dict[str, bool]
) -> None:
    made = tokenizer(*MARKERS[name], **kind)
    template = choose(made, name)
    text, spans = template.turns(TALK)
    Encoder(made)
    found = made.backend_tokenizer.encode(text, add_special_tokens=False)
    flags = trained_flags(Offsets(found), spans, len(text))
    assert 0 < sum(flags) < len(flags)
    ends = [
        at
        for at, (one, after) in enumerate(zip(flags, [*flags[1:], False], strict=True))
        if one and not after
    ]
    assert len(ends) == 2
    assert all(found.tokens[at] in template.closing for at in ends)


@pytest.mark.parametrize("name", ["qwen3", "chatml", "llama3", "gemma", "phi3", "deepseek", "mistral"])
def test_detected_from_special_tokens(name: str) -> None:
    assert detect(tokenizer(*MARKERS[name])) == name


def test_no_template_and_no_sign_of_one() -> None:
    with pytest.raises(UserError, match="no chat template") as raised:
        choose(tokenizer())
    assert "chatml" in raised.value.hint


def test_a_misspelt_name() -> None:
    with pytest.raises(UserError) as raised:
        choose(tokenizer(), "chatm")
    assert raised.value.hint == "did you mean chatml?"


def test_a_template_without_its_eos() -> None:
    with pytest.raises(UserError, match="ends answers with EOS"):
        choose(tokenizer(eos=False), "vicuna")


@pytest.mark.parametrize("name", ["qwen3", "llama3", "mistral"])
def test_tool_calls_and_results(name: str) -> None:
    call = {
        "role": "assistant",
        "content": "",
        "tool_calls": [{"type": "function", "function": {"name": "add", "arguments": {"a": 1}}}],
    }
    talk = [
        chat("add")[0],
        call,
        {"role": "tool", "content": "2"},
        {"role": "assistant", "content": "It is 2."},
    ]
    template = choose(tokenizer(*MARKERS[name], bos=True), name)
    text, spans = template.turns(talk, tools=[{"type": "function", "function": {"name": "add"}}])
    first, second = (text[start:end] for start, end in spans)
    assert '"name": "add"' in first and "It is 2." in second
    assert not any(start <= text.index("2", spans[0][1]) < end for start, end in spans[:1])


@pytest.mark.parametrize("name", sorted(set(TEMPLATES) - {"qwen3", "llama3", "mistral"}))
def test_no_tools_where_the_format_has_none(name: str) -> None:
    template = choose(tokenizer(*MARKERS[name]), name)
    with pytest.raises(UserError, match="tools"):
        template.render(TALK, tools=[{"name": "add"}])


@pytest.mark.parametrize("name", ["qwen3", "deepseek"])
def test_thinking_is_trained(name: str) -> None:
    talk = [*chat("six times seven?"), {"role": "assistant", "content": "42", "reasoning_content": "6 * 7"}]
    text, [(start, end)] = choose(tokenizer(*MARKERS[name]), name).turns(talk)
    assert text[start:end].startswith("<think>\n6 * 7\n</think>\n\n42")


def test_thinking_that_a_template_would_lose_is_refused() -> None:
    talk = [*chat("six times seven?"), {"role": "assistant", "content": "42", "reasoning_content": "6 * 7"}]
    with pytest.raises(UserError, match="leaves out `reasoning_content`"):
        choose(tokenizer(*MARKERS["chatml"]), "chatml").turns(talk)
