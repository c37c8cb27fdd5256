"""Every shape, the token account, and rows that are refused."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset, IterableDataset
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.train.rows.made import MARKED, MARKERS, REWRITING, chat, tokenizer
from tilth.errors import UserError
from tilth.train.rows.options import RowOptions
from tilth.train.rows.prepare import Prepared, prepare
from tilth.train.rows.shapes import Need
from tilth.train.rows.template import Rewritten

CHATML = tokenizer(*MARKERS["chatml"])
BOS = tokenizer(*MARKERS["llama3"], bos=True)
Make = Callable[..., Prepared]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Prepares rows; the options are keywords."""

    def run(rows: list[dict[str, Any]], need: Need = "sft", using: Any = CHATML, **options: Any) -> Prepared:
        return prepare(Dataset.from_list(rows), using, need, RowOptions(**options), cache=tmp_path)

    return run


def read(prepared: Prepared, using: Any = CHATML, row: int = 0) -> tuple[str, list[str], list[str]]:
    """Prompt, answers, and what is trained of each answer, as text."""
    one = prepared.rows[row]
    trained = [
        [token for token, flag in zip(ids, flags, strict=True) if flag]
        for ids, flags in zip(one["answers"], one["trained"], strict=True)
    ]
    return using.decode(one["prompt_ids"]), using.batch_decode(one["answers"]), using.batch_decode(trained)


def test_text(make: Make) -> None:
    prepared = make([{"text": "Paris is."}], using=BOS)
    assert read(prepared, BOS) == ("", ["<s>Paris is.</s>"], ["Paris is.</s>"])
    assert prepared.shape.line(1) == "1 rows of language modelling, as text (text)"


@pytest.mark.parametrize("text", ["Paris is.</s>", "<s>Paris is.", "<s>Paris is.</s>"])
def test_pitfalls_4_and_10_special_tokens_that_a_text_has_are_not_doubled(make: Make, text: str) -> None:
    assert read(make([{"text": text}], using=BOS), BOS)[1] == ["<s>Paris is.</s>"]


def test_prompt_and_completion(make: Make) -> None:
    prepared = make([{"prompt": "The capital of France?", "completion": " Paris"}], using=BOS)
    assert read(prepared, BOS) == ("<s>The capital of France?", [" Paris</s>"], [" Paris</s>"])


def test_prompt_and_completion_with_the_prompt_trained(make: Make) -> None:
    prepared = make([{"prompt": "France?", "completion": " Paris"}], using=BOS, completion_only=False)
    assert read(prepared, BOS) == ("", ["<s>France? Paris</s>"], ["France? Paris</s>"])


def test_pitfall_8_a_token_over_the_border_counts_as_the_answers(make: Make) -> None:
    prepared = make([{"prompt": "The answer is ", "completion": "forty-two"}])
    whole = CHATML.backend_tokenizer.encode("The answer is forty-two</s>", add_special_tokens=False).ids
    one = prepared.rows[0]
    assert one["prompt_ids"] + one["answers"][0] == whole
    assert prepared.account.merged == 1
    assert read(prepared) == ("The answer is", [" forty-two</s>"], [" forty-two</s>"])


def test_conversational_prompt_and_completion(make: Make) -> None:
    talk = chat("What is it?", "forty-two")
    prepared = make([{"prompt": talk[:1], "completion": talk[1:]}], chat_template="chatml")
    prompt = "<|im_start|>user\nWhat is it?<|im_end|>\n<|im_start|>assistant\n"
    assert read(prepared) == (prompt, ["forty-two<|im_end|>\n"], ["forty-two<|im_end|>\n"])


def test_pitfall_7_a_completion_with_a_tool_in_it(make: Make) -> None:
    using = tokenizer(*MARKERS["qwen3"])
    call = {
        "role": "assistant",
        "content": "",
        "tool_calls": [{"function": {"name": "add", "arguments": {}}}],
    }
    rest = [call, {"role": "tool", "content": "secret"}, {"role": "assistant", "content": "done"}]
    prepared = make([{"prompt": chat("add"), "completion": rest, "tools": [{"name": "add"}]}], using=using)
    _, [answer], [trained] = read(prepared, using)
    assert "secret" in answer and "secret" not in trained
    assert trained.startswith("<tool_call>") and trained.endswith("done<|im_end|>\n")


def test_conversations_whole_and_assistant_only(make: Make) -> None:
    rows = [{"messages": chat("one", "two", "three", "four")}]
    _, [text], [trained] = read(make(rows, chat_template="chatml"))
    assert text.removeprefix("<|im_start|>") == trained
    _, _, [trained] = read(make(rows, chat_template="chatml", assistant_only=True))
    assert trained == "two<|im_end|>four<|im_end|>"
    assert read(make(rows, chat_template=MARKED, assistant_only=True))[2] == [trained]


def test_from_and_value(make: Make) -> None:
    rows = [{"conversations": [{"from": "human", "value": "one"}, {"from": "gpt", "value": "two"}]}]
    _, _, [trained] = read(make(rows, chat_template="chatml", assistant_only=True))
    assert trained == "two<|im_end|>"


def test_turns_each_as_it_was_asked_for(make: Make) -> None:
    rows = [{"messages": chat("one", "two", "three", "four")}]
    prepared = make(rows, chat_template=REWRITING, turns="each")
    assert prepared.account.rows_made == 2 and prepared.account.rows_added == 1
    assert [read(prepared, row=row)[2] for row in (0, 1)] == [["two<|im_end|>\n"], ["four<|im_end|>\n"]]
    assert "<think>" not in read(prepared, row=1)[0]
    assert read(make(rows, chat_template=REWRITING, turns="last"))[2] == [["four<|im_end|>\n"][0]]


def test_pitfall_53_rewritten_history_names_the_row(make: Make) -> None:
    rows = [{"messages": chat("one", "two")}, {"messages": chat("one", "two", "three", "four")}]
    with pytest.raises(Rewritten, match="row 1: "):
        make(rows, chat_template=REWRITING, assistant_only=True)


@pytest.mark.parametrize("is_explicit", [True, False])
def test_preference(make: Make, is_explicit: bool) -> None:
    good, bad = chat("one", "two"), chat("one", "three")
    row = (
        {"prompt": good[:1], "chosen": good[1:], "rejected": bad[1:]}
        if is_explicit
        else {"chosen": good, "rejected": bad}
    )
    prepared = make([{**row, "margin": 0.5}], "preference", chat_template="chatml")
    prompt, answers, trained = read(prepared)
    assert prompt.endswith("<|im_start|>assistant\n")
    assert answers == trained == ["two<|im_end|>\n", "three<|im_end|>\n"]
    assert prepared.rows[0]["margin"] == 0.5


def test_pitfall_61_text_pairs_without_a_prompt(make: Make) -> None:
    prepared = make([{"chosen": "The answer is two", "rejected": "The answer is"}], "preference", using=BOS)
    prompt, answers, _ = read(prepared, BOS)
    assert prompt.startswith("<s>The answer") and all(answers)
    assert [prompt + one for one in answers] == ["<s>The answer is two</s>", "<s>The answer is</s>"]


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "one", "chosen": " two", "rejected": " two"},
        {"chosen": "one two", "rejected": "one two"},
        {"chosen": chat("one", "two"), "rejected": chat("one", "two")},
        {"chosen_ids": [1, 2, 3], "rejected_ids": [1, 2, 3]},
    ],
)
def test_pitfall_61_the_same_answers(make: Make, row: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=r"0 \(same_answers\)"):
        make([row], "preference", chat_template="chatml")


def test_pitfall_19_a_pair_keeps_one_prompt_when_it_is_cut(make: Make) -> None:
    row = {
        "prompt_ids": list(range(10)),
        "chosen_ids": list(range(20, 24)),
        "rejected_ids": list(range(30, 42)),
    }
    for truncation in ("keep_start", "keep_end"):
        one = make([row], "preference", max_length=15, truncation=truncation).rows[0]
        assert all(len(one["prompt_ids"]) + len(answer) <= 15 for answer in one["answers"])
    assert one["prompt_ids"] == [7, 8, 9] and one["answers"][0] == [20, 21, 22, 23]


@pytest.mark.parametrize("labels", [(True, False), (1, 0)])
def test_unpaired(make: Make, labels: tuple[Any, Any]) -> None:
    rows = [{"prompt": "one", "completion": " two", "label": label} for label in labels]
    assert make(rows, "unpaired").rows["label"][:] == [True, False]


def test_unpaired_from_pairs(make: Make) -> None:
    prepared = make([{"prompt": "one", "chosen": " two", "rejected": " three"}], "unpaired")
    assert prepared.rows["label"][:] == [True, False]
    assert [read(prepared, row=row)[1] for row in (0, 1)] == [[" two</s>"], [" three</s>"]]
    assert (prepared.account.rows_read, prepared.account.rows_added) == (1, 1)


def test_triples(make: Make) -> None:
    prepared = make(
        [{"prompt": "one", "chosen": " two", "rejected": " three", "reference": " four"}], "triple"
    )
    assert read(prepared)[1] == [" two</s>", " three</s>", " four</s>"]


def test_prompts(make: Make) -> None:
    prepared = make([{"prompt": chat("one")}], "prompt", chat_template="chatml")
    assert CHATML.decode(prepared.rows[0]["prompt_ids"]).endswith("assistant\n")
    rows = [{"prompt": "a"}, {"prompt": "a " * 9}]
    prepared = make(rows, "prompt", using=BOS, max_length=9)
    assert BOS.decode(prepared.rows[0]["prompt_ids"]) == "<s>a" and prepared.rows["answers"][:] == [[]]
    assert prepared.account.listed == [(1, "too_long")]


def test_steps(make: Make) -> None:
    rows = [{"prompt": "six times seven?", "completions": ["First.", "Then 42."], "labels": [True, False]}]
    prepared = make(rows, "stepwise", using=BOS)
    one = prepared.rows[0]
    assert one["step_labels"] == [1.0, 0.0]
    pieces = [one["answers"][0][: end + 1] for end in one["step_ends"]]
    assert BOS.batch_decode(pieces) == ["First.\n", "First.\nThen 42.\n"]
    assert sum(one["trained"][0]) == 2
    assert make(rows, "stepwise", last_step_only=True, on_empty="drop").rows[0]["step_labels"] == [0.0]


def test_pitfall_25_steps_beyond_the_cut_have_no_label(make: Make) -> None:
    rows = [{"prompt": "six?", "completions": ["First.", "Then 42.", "So 42."], "labels": [1, 0.25, 0]}]
    whole = make(rows, "stepwise").rows[0]
    limit = len(whole["prompt_ids"]) + whole["step_ends"][1] + 2
    one = make(rows, "stepwise", max_length=limit).rows[0]
    assert one["step_ends"] == whole["step_ends"][:2] and one["step_labels"] == [1.0, 0.25]
    one = make(rows, "stepwise", max_length=len(whole["answers"][0]) - 2, truncation="keep_end").rows[0]
    assert CHATML.decode(one["answers"][0][: one["step_ends"][-1] + 1]).endswith("So 42.\n")


def test_math_shepherd(make: Make) -> None:
    text = "Six times seven? Step 1: six sevens ки\nStep 2: 43 ки"
    prepared = make(
        [{"input": text, "label": text.replace("sevens ки", "sevens +").replace("43 ки", "43 -")}], "stepwise"
    )
    assert prepared.rows[0]["step_labels"] == [1.0, 0.0]
    assert read(prepared)[0] == "Six times seven? "


@pytest.mark.parametrize(
    "row",
    [
        {"input_ids": [5, 6, 7, 8], "labels": [-100, -100, 7, 8]},
        {"input_ids": [5, 6, 7, 8], "completion_mask": [0, 0, 1, 1]},
        {"input_ids": [5, 6, 7, 8], "attention_mask": [1, 1, 1, 1], "completion_mask": [0, 0, 1, 1]},
    ],
)
def test_token_ids(make: Make, row: dict[str, Any]) -> None:
    one = make([row]).rows[0]
    assert one["answers"] == [[5, 6, 7, 8]] and one["trained"] == [[False, False, True, True]]


def test_pitfall_5_eos_that_is_pad_is_trained(make: Make) -> None:
    using = tokenizer("<|im_start|>", "<|im_end|>", pad=False)
    using.pad_token = using.eos_token
    assert read(make([{"text": "one"}], using=using), using)[2][0].endswith("</s>")


def test_a_tokenizer_without_pad_and_eos(make: Make) -> None:
    using = tokenizer(*MARKERS["chatml"], eos=False, pad=False)
    with pytest.raises(UserError, match="no token that ends a text"):
        make([{"text": "one"}], using=using)
    assert read(make([{"text": "one"}], using=using, eos_token="<|im_end|>"), using)[1] == ["one<|im_end|>"]
    with pytest.raises(UserError, match="is no token"):
        make([{"text": "one"}], using=using, eos_token="<|nothing|>")


# Bad input: the row or the column is named, before anything is trained.


@pytest.mark.parametrize(
    ("rows", "need", "words"),
    [
        ([{"text": "one"}, {"text": None}], "sft", "row 1: `text` is empty"),
        ([{"prompt": None, "completion": "a"}] * 2, "sft", "column `prompt` holds nothing"),
        ([{"messages": chat("a", "b")}, {"messages": []}], "sft", "row 1: `messages` is an empty list"),
        (
            [{"messages": [{"role": "user", "content": None}]}],
            "sft",
            "row 0: `messages`, message 1 has no `content`",
        ),
        (
            [{"messages": [{"role": None, "content": "a"}]}],
            "sft",
            "row 0: `messages`, message 1 has no `role`",
        ),
        ([{"conversations": [{"from": "dog", "value": "a"}]}], "sft", "from `dog`"),
        ([{"prompt": "a", "completion": chat("b")}], "sft", "holds text and column `completion` holds conv"),
        ([{"prompt": "a"}], "sft", "make no rows for this method"),
        ([{"prompt": "a", "chosen": "b"}], "preference", "make no rows for this method"),
        ([{"text": 3}], "sft", "column `text` holds a int"),
        (
            [{"prompt": "a", "completions": ["b"], "labels": [True, False]}],
            "stepwise",
            "row 0: it has 1 steps and 2 labels",
        ),
        ([{"prompt": "a", "completions": ["b"], "labels": [1.5]}], "stepwise", "the label of step 1 is 1.5"),
        (
            [{"prompt": "a", "completion": "b", "label": True}] * 3,
            "unpaired",
            "all 3 rows have the label True",
        ),
        ([{"prompt": "a", "completion": "b", "label": 3}], "unpaired", "row 0: `label` is 3"),
        ([{"text": "a", "image": "cat.png"}], "sft", "column `image` holds pictures"),
        ([{"input_ids": [1, 2], "labels": [1]}], "sft", "`labels` has 1 values for 2 tokens"),
        ([{"input_ids": [1, 2], "labels": [1, 3]}], "sft", "neither -100 nor the token"),
        ([{"messages": chat("a", "b"), "tools": "[{"}], "sft", "row 0: `tools` is text that is no JSON"),
    ],
)
def test_rows_that_are_refused(make: Make, rows: list[dict[str, Any]], need: Need, words: str) -> None:
    with pytest.raises(UserError) as raised:
        make(rows, need, chat_template="chatml")
    assert words in str(raised.value)


def test_no_rows() -> None:
    with pytest.raises(UserError, match="no rows"):
        prepare(Dataset.from_dict({"text": []}), CHATML, "sft")


def test_a_misspelt_column() -> None:
    with pytest.raises(UserError) as raised:
        prepare(Dataset.from_list([{"prompt": "a", "completoin": "b"}]), CHATML, "sft")
    assert "did you mean `completion` by `completoin`?" in raised.value.hint


def test_pitfall_62_the_order_of_columns_changes_nothing(make: Make) -> None:
    row = {
        "prompt": chat("one"),
        "chosen": chat("x", "two")[1:],
        "rejected": chat("x", "three")[1:],
        "id": "7",
    }
    one = make([row], "preference", chat_template="chatml")
    other = make([dict(reversed(row.items()))], "preference", chat_template="chatml")
    assert one.rows[:] == other.rows[:]
    assert one.shape.unread == ("id",)


@pytest.mark.parametrize("options", [{"assistant_only": True}, {"turns": "each"}])
def test_pitfall_64_rows_with_nothing_to_train_are_listed(make: Make, options: dict[str, Any]) -> None:
    rows = [{"messages": chat("one", "two")}, {"messages": chat("one")}]
    with pytest.raises(UserError, match=r"1 of 2 rows .*: 1 \(nothing_to_train\)"):
        make(rows, chat_template="chatml", **options)
    account = make(rows, chat_template="chatml", on_empty="drop", **options).account
    assert account.rows_made == 1 and account.reasons == {"nothing_to_train": 1} and account.dropped > 0


def test_pitfall_9_a_completion_that_is_cut_away(make: Make) -> None:
    rows = [
        {"prompt": "one two three four five six seven", "completion": " eight"},
        {"prompt": "a", "completion": " b"},
    ]
    with pytest.raises(UserError, match="nothing_to_train"):
        make(rows, max_length=8)
    assert make(rows, max_length=8, on_empty="drop").account.rows_made == 1
    with pytest.raises(UserError, match="1 of 1 rows"):
        make(rows[:1], max_length=8, on_empty="drop")


def test_pitfall_63_rows_that_are_too_long_are_counted(make: Make) -> None:
    rows = [{"text": "a " * 50}, {"text": "a"}]
    account = make(rows, max_length=20, truncation="drop").account
    assert account.reasons == {"too_long": 1} and account.listed == [(0, "too_long")]
    with pytest.raises(UserError, match="too_long"):
        make(rows[:1], max_length=20, truncation="drop")


words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=20)
lines = st.fixed_dictionaries({"prompt": words, "chosen": words, "rejected": words})
by_need = {
    "sft": lambda row: {"prompt": row["prompt"], "completion": row["chosen"]},
    "preference": lambda row: row,
    "unpaired": lambda row: row,
}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    rows=st.lists(lines, min_size=1, max_size=5),
    need=st.sampled_from(sorted(by_need)),
    limit=st.one_of(st.none(), st.integers(1, 20)),
    truncation=st.sampled_from(["keep_start", "keep_end", "drop"]),
    using=st.sampled_from([CHATML, BOS, tokenizer(bos=True, metaspace=True)]),
)
def test_no_token_is_lost(
    rows: list[dict[str, str]], need: Need, limit: int | None, truncation: str, using: Any, tmp_path: Path
) -> None:
    options = RowOptions(max_length=limit, truncation=truncation, on_empty="drop")  # type: ignore[arg-type]
    rows = [by_need[need](row) for row in rows]
    try:
        prepared = prepare(Dataset.from_list(rows), using, need, options, cache=tmp_path)
    except UserError:
        return
    account = prepared.account
    assert account.read == account.dropped + account.truncated + account.masked + account.trained
    assert account.rows_read + account.rows_added == account.rows_made + sum(account.reasons.values())
    assert account.rows_made == len(prepared.rows)
    assert account.trained == sum(flag for one in prepared.rows["trained"] for flags in one for flag in flags)
    if limit is None:
        for one in prepared.rows:
            row = rows[one["row"]]
            answers = [row[name] for name in ("completion", "chosen", "rejected") if name in row]
            given = {tuple(ids(using, row["prompt"] + answer)) for answer in answers}
            assert {tuple(one["prompt_ids"] + answer) for answer in one["answers"]} <= given
            assert need == "unpaired" or len(one["answers"]) == len(answers)
    else:
        assert account.longest <= limit * max(len(one["answers"]) for one in prepared.rows)


def ids(using: Any, text: str) -> list[int]:
    """The tokens of a text with what goes before and behind it, once each."""
    found = using.backend_tokenizer.encode(text, add_special_tokens=False).ids
    front = [using.bos_token_id] if using.bos_token and found[:1] != [using.bos_token_id] else []
    return front + found + ([using.eos_token_id] if found[-1:] != [using.eos_token_id] else [])


def test_prepared_rows_are_used_again(make: Make, tmp_path: Path) -> None:
    rows = [{"text": "one"}, {"text": "two"}]
    first = make(rows)
    [path] = tmp_path.glob("*.arrow")
    before = path.stat().st_mtime_ns
    assert make(rows).fingerprint == first.fingerprint and path.stat().st_mtime_ns == before
    others = [make(rows, max_length=7), make(rows[:1]), make(rows, using=BOS)]
    assert len({first.fingerprint, *(one.fingerprint for one in others)}) == 4


def test_a_refused_dataset_leaves_no_file(make: Make, tmp_path: Path) -> None:
    with pytest.raises(UserError):
        make([{"text": "one"}, {"text": None}])
    assert not list(tmp_path.iterdir())


def test_an_iterable_dataset_gives_the_same_rows(make: Make) -> None:
    rows = [{"messages": chat(f"{number}", "two")} for number in range(7)]
    whole = make(rows, chat_template="chatml", assistant_only=True)
    source = IterableDataset.from_generator(partial(iter, rows))
    options = RowOptions(chat_template="chatml", assistant_only=True)
    streamed = prepare(source, CHATML, "sft", options)
    assert list(streamed.rows) == list(whole.rows)
    assert streamed.account.record() == whole.account.record()


def test_a_completion_that_is_asked_for_and_not_there(make: Make) -> None:
    with pytest.raises(UserError, match="`completion_only` needs"):
        make([{"text": "one"}], completion_only=True)
    make([{"input_ids": [1, 2, 3], "completion_mask": [0, 1, 1]}], completion_only=True)


def test_rows_that_change_as_they_are_read() -> None:
    changing = Dataset.from_list([{"text": "one"}]).with_transform(lambda rows: rows)
    with pytest.raises(UserError, match="with_transform"):
        prepare(changing, CHATML, "sft")


def test_a_setting_that_does_not_exist() -> None:
    with pytest.raises(UserError, match="truncation"):
        RowOptions(truncation="middle")  # type: ignore[arg-type]
