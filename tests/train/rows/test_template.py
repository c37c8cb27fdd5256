"""Masks from marks and from prefixes, and the templates that are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.train.rows.made import MARKED, REWRITING, chat, tokenizer
from tilth.errors import UserError
from tilth.train.rows.template import ChatTemplate, Rewritten

CLOSING = ("<|im_end|>",)
PLAIN = MARKED.replace("{% generation %}", "").replace("{% endgeneration %}", "")
TALK = chat("one", "two", "three", "four")


def template(text: str) -> ChatTemplate:
    return ChatTemplate(text, closing=CLOSING)


words = st.text(st.characters(codec="utf-8", exclude_characters="<"), min_size=1, max_size=12)


@given(st.lists(words, min_size=2, max_size=7))
def test_derived_masks_are_the_marked_ones(contents: list[str]) -> None:
    assert template(PLAIN).turns(chat(*contents)) == template(MARKED).turns(chat(*contents))


@pytest.mark.parametrize(
    "change", [("\n{% endfor %}", "{% endfor %}"), ("<|im_start|>", "<|im_start|> "), ("\n", "\n\n")]
)
def test_pitfall_51_a_newline_more_or_less_changes_no_mask(change: tuple[str, str]) -> None:
    text, spans = template(PLAIN.replace(*change)).turns(TALK)
    assert [text[start:end] for start, end in spans] == ["two<|im_end|>", "four<|im_end|>"]


def test_pitfall_52_marks_without_the_end_of_the_turn() -> None:
    wrong = MARKED.replace("<|im_end|>{% endgeneration %}", "{% endgeneration %}<|im_end|>")
    with pytest.raises(UserError, match="without the token that ends it"):
        template(wrong).turns(TALK)


def test_pitfall_52_no_token_ends_the_turn() -> None:
    with pytest.raises(UserError, match="never learn to stop"):
        template(PLAIN.replace("<|im_end|>", "")).turns(TALK)


def test_pitfall_53_a_template_that_rewrites_history() -> None:
    with pytest.raises(Rewritten, match="rewrites history") as raised:
        template(REWRITING).turns(TALK)
    assert "turns: each" in raised.value.hint
    assert "think" in raised.value.what


def test_pitfall_7_an_empty_thinking_block_of_the_template_is_not_trained() -> None:
    text, [(start, end)] = template(REWRITING).turns(TALK[:2])
    assert "<think>" in text and text[start:end] == "two<|im_end|>"


def test_a_thinking_block_of_the_message_is_trained() -> None:
    talk = chat("one", "<think>\n\n</think>\n\ntwo")
    text, [(start, end)] = template(PLAIN).turns(talk)
    assert text[start:end] == "<think>\n\n</think>\n\ntwo<|im_end|>"


def test_marks_that_mark_nothing() -> None:
    empty = "{% for m in messages %}{{ m.content }}{% generation %}{% endgeneration %}{% endfor %}"
    with pytest.raises(UserError, match="marks nothing"):
        template(empty).turns(TALK)


def test_a_template_that_raises() -> None:
    with pytest.raises(UserError, match="no system here"):
        template("{{ raise_exception('no system here') }}").render(TALK)


def test_a_template_that_is_no_jinja() -> None:
    with pytest.raises(UserError, match="refuses"):
        template("{% for %}").render(TALK)


def test_two_bos() -> None:
    with pytest.raises(UserError, match="twice"):
        ChatTemplate("{{ bos_token }}{{ bos_token }}", {"bos_token": "<s>"}).render(TALK)


def test_the_token_of_closing_is_one_of_the_tokenizer() -> None:
    from tilth.train.rows.named import choose

    # ChatML on a tokenizer that cuts its markers into pieces would train on letters, not on an end.
    with pytest.raises(UserError, match="no special token"):
        choose(tokenizer(), "chatml").turns(TALK)


def test_a_token_that_stands_at_the_very_end_alone() -> None:
    # Phi-3's way: EOS behind the last turn only.
    ending = ChatTemplate(
        PLAIN + "{% if not add_generation_prompt %}</s>{% endif %}", closing=("<|im_end|>", "</s>")
    )
    text, spans = ending.turns(TALK)
    assert [text[start:end] for start, end in spans] == ["two<|im_end|>", "four<|im_end|></s>"]


def test_an_end_of_turn_that_changes_is_rewritten_history() -> None:
    changing = PLAIN.replace(
        "{{ m.content }}<|im_end|>{% else %}",
        "{{ m.content }}{{ '</s>' if loop.last else '<|im_end|>' }}{% else %}",
    )
    with pytest.raises(Rewritten):
        ChatTemplate(changing, closing=("<|im_end|>", "</s>")).turns(TALK)


CALL = {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "add", "arguments": {}}}]}


@pytest.mark.parametrize(
    ("text", "talk", "words"),
    [
        (PLAIN, [*TALK[:1], CALL], "leaves out a tool call of a message of the assistant"),
        (
            "{% for m in messages %}{{ m.role }}<|im_end|>{% endfor %}",
            TALK,
            "leaves out the content of a message of the user",
        ),
        (
            "{% for m in messages[1:] %}{{ m.content }}<|im_end|>{% endfor %}",
            TALK,
            "the content of a message of the user",
        ),
    ],
)
def test_what_a_template_would_lose_is_refused(text: str, talk: list, words: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(UserError, match=words):
        template(text).turns(talk)
    with pytest.raises(UserError, match=words):
        template(text).whole(talk)
