"""Rows that are longer than allowed, and rows with nothing left to train."""

from tilth.train.rows.account import Account
from tilth.train.rows.encode import Coded
from tilth.train.rows.options import RowOptions


def settle(
    coded: Coded, row: int, options: RowOptions, account: Account, *, is_pair: bool, asks_only: bool
) -> bool:
    """Cuts a row to length and writes it into the account.

    Args:
        coded: The row, changed in place.
        row: Its number, for the account.
        options: How long, and which end stays.
        account: Where its tokens are written down.
        is_pair: Its first two answers are compared, so they must differ.
        asks_only: It has a prompt and no answers.

    Returns:
        Whether it is trained on.
    """
    read = tokens(coded)
    limit = options.max_length
    if limit is not None and len(coded.prompt) + max(map(len, coded.answers), default=0) > limit:
        # A prompt without its end would ask for something else.
        if asks_only or options.truncation == "drop":
            account.drop(row, "too_long", read)
            return False
        _cut(coded, limit, keep_end=options.truncation == "keep_end")
    trained = sum(map(sum, coded.trained))
    if not asks_only and not all(map(any, coded.trained)):
        account.drop(row, "nothing_to_train", read)
        return False
    if is_pair and coded.answers[0] == coded.answers[1]:
        account.drop(row, "same_answers", read)
        return False
    account.keep(read=read, kept=tokens(coded), trained=trained)
    account.merged += coded.is_merged
    return True


def tokens(coded: Coded) -> int:
    """Tokens of a row, its prompt counted once."""
    return len(coded.prompt) + sum(map(len, coded.answers))


def _cut(coded: Coded, limit: int, *, keep_end: bool) -> None:
    if not keep_end:
        coded.prompt = coded.prompt[:limit]
        room = limit - len(coded.prompt)
        coded.answers = [answer[:room] for answer in coded.answers]
        coded.trained = [flags[:room] for flags in coded.trained]
        _cut_steps(coded, room)
        return
    # The prompt gives way first, for all answers alike, then the beginnings of answers that are too long alone.
    room = max(limit - max(map(len, coded.answers), default=0), 0)
    coded.prompt = coded.prompt[len(coded.prompt) - room :] if room else []
    gone = [max(len(answer) - limit, 0) for answer in coded.answers]
    coded.answers = [answer[number:] for answer, number in zip(coded.answers, gone, strict=True)]
    coded.trained = [flags[number:] for flags, number in zip(coded.trained, gone, strict=True)]
    if not coded.prompt:
        coded.trained = [[False, *flags[1:]] for flags in coded.trained]
    if "step_ends" in coded.beside:
        _shift_steps(coded, gone[0])


def _cut_steps(coded: Coded, room: int) -> None:
    """Steps that end behind the cut have no label any more; the others keep theirs."""
    if "step_ends" in coded.beside:
        kept = sum(end < room for end in coded.beside["step_ends"])
        for name in ("step_ends", "step_labels"):
            coded.beside[name] = coded.beside[name][:kept]


def _shift_steps(coded: Coded, gone: int) -> None:
    left_out = sum(end < gone for end in coded.beside["step_ends"])
    coded.beside["step_ends"] = [end - gone for end in coded.beside["step_ends"][left_out:]]
    coded.beside["step_labels"] = coded.beside["step_labels"][left_out:]
