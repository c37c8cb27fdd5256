"""Values that stand where a secret would: one pass of compiled code from word to word, none of which is read twice."""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tilth.data.facts.secrets import statements
from tilth.data.facts.secrets.forms import (
    BARE,
    ELEMENT,
    HEADER,
    LOGIN,
    OPTION,
    PAIR,
    QUOTED,
    STATEMENT,
    URL,
    USER,
    WRAPPED,
)
from tilth.data.facts.secrets.names import (
    ACCOUNT,
    ADDRESS,
    BEHIND,
    IDENTIFIED,
    KEYWORD,
    REACH,
    ROLES,
    SIZES,
    announces,
    name_around,
    next_anchor,
    sign_before,
)
from tilth.data.facts.secrets.values import MEMORY, SPACE, bare_end, element_end, is_placeholder, quoted_end

SHORTEST = 4
"""Bytes; what is shorter is no secret, or not one that could be told."""


@njit(nogil=True)
def _of_name(data: Any, first: int, last: int, low: int, high: int) -> tuple[int, int]:
    """Form of what stands behind a name, and where its value begins; -1 for nothing."""
    begin = statements.quoted(data, last, high)
    if begin < 0 and data[last - 1] == 45:  # `key->…`
        begin = statements.quoted(data, last - 1, high)
    if begin >= 0:
        return QUOTED, begin
    begin = statements.wrapped(data, last, high)
    if begin >= 0:
        return WRAPPED, begin
    begin = statements.pair(data, last, high)
    if begin >= 0:
        return PAIR, begin
    begin = statements.element(data, last, high)
    if begin >= 0:
        return ELEMENT, begin
    begin = statements.bare(data, last, high)
    if begin >= 0:
        return BARE, begin
    begin = statements.option(data, first, last, low, high)
    if begin >= 0:
        return OPTION, begin
    begin = statements.spoken(data, last, high)
    if begin >= 0:
        return STATEMENT, begin
    begin = statements.logged_in(data, first, last, low, high)
    return (LOGIN, begin) if begin >= 0 else (-1, -1)


@njit(nogil=True)
def _ended(data: Any, form: int, begin: int, low: int, high: int, seen: Any) -> tuple[int, int]:
    """Where a value ends, and the quote around it (0 for none)."""
    if form == ELEMENT:
        return element_end(data, begin, high, seen), 0
    before = begin - 1
    while before > low and SPACE[data[before]] and form not in (BARE, LOGIN, OPTION, USER):
        before -= 1
    if form != BARE and data[before] in (34, 39, 96):
        end = quoted_end(data, data[before], before > low and data[before - 1] == 92, begin, high, seen)
        if end >= 0:
            return end, data[before]
    return bare_end(data, begin, high, seen), 0


@njit(nogil=True)
def _put(found: Any, total: int, one: tuple[int, int, int, int, int, int, int]) -> Any:
    """Takes down a value; gives the table, which may be a longer one."""
    if total == len(found):
        longer = np.empty((2 * total, 7), np.int64)
        longer[:total] = found
        found = longer
    for at, part in enumerate(one):
        found[total, at] = part
    return found


@njit(nogil=True)
def _without_name(data: Any, role: int, at: int, end: int, low: int, high: int) -> tuple[int, int, int]:
    """Form, start and end of what another sign than a name says; an end of -1 is yet to be found."""
    if role == ADDRESS:
        begin, stop = statements.address(data, at, low, high)
        return URL, begin, stop
    if role == IDENTIFIED:
        return STATEMENT, statements.spoken(data, end, high), -1
    if role == ACCOUNT:
        return USER, statements.of_user(data, at, low, high), -1
    begin, stop = statements.credentials(data, end, high)
    return HEADER, begin, stop


@njit(nogil=True)
def _name_of(data: Any, form: int, at: int, word: int, begin: int, low: int, high: int) -> tuple[int, int]:
    """Start and end of what stands for the name of a value that has another sign at `at`; `word`: the last before."""
    if form == STATEMENT:
        return name_around(data, at, low, min(high, at + BEHIND))
    if word >= max(low, begin - REACH):
        return name_around(data, word, low, begin)
    if form == URL:
        return (at - 1, at + 3) if at > low else (begin, begin)
    return sign_before(data, form == USER, begin, low)


@njit(cache=True, nogil=True)
def candidates(data: Any, bounds: Any) -> NDArray[np.int64]:
    """[n, 7] Each value: document, form, start and end of its name, start and end of the value, the quote around it.

    Args:
        data: The batch's bytes.
        bounds: [n + 1] Where its documents begin, and where the last one ends.
    """
    found = np.empty((1024, 7), np.int64)
    total = 0
    for document in range(len(bounds) - 1):
        low, high = bounds[document], bounds[document + 1]
        seen = np.full((MEMORY, 2), -1, np.int64)
        at, word, bare = low, low - REACH - 1, low
        while True:
            at, which = next_anchor(data, at, high)
            if at < 0:
                break
            role, end = ROLES[which], at + SIZES[which]
            form, begin, stop, first, last = -1, -1, -1, at, at
            if role == KEYWORD:
                word = at
                first, last = name_around(data, at, low, min(high, end + BEHIND + 1))
                if last - end > BEHIND:
                    at = end
                    continue
                form, begin = _of_name(data, first, last, low, high)
                end = last
                if form < 0 and announces(data, which, at, last, low):
                    form, begin, stop = _without_name(data, role, at, last, low, high)
            else:
                form, begin, stop = _without_name(data, role, at, end, low, high)
                if begin >= 0:
                    first, last = _name_of(data, form, at, word, begin, low, high)
            at = end
            if begin < 0 or first == last or (form == BARE and begin < bare):
                continue
            quote = 0
            if stop < 0:
                stop, quote = _ended(data, form, begin, low, high, seen)
            if form == BARE:
                bare = stop
            if stop - begin < SHORTEST or is_placeholder(data, begin, stop):
                continue
            found = _put(found, total, (document, form, first, last, begin, stop, quote))
            total += 1
    return found[:total]
