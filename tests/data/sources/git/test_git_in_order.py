import threading
from threading import Event

import pytest

from tilth.data.sources.git.in_order import in_order


def test_the_order_is_that_of_the_items() -> None:
    # The first call ends only after the second one has.
    second = Event()

    def work(item: int) -> int:
        if item == 0:
            assert second.wait(10)
        if item == 1:
            second.set()
        return item * item

    assert list(in_order(work, range(100), 4, stop=Event())) == [item * item for item in range(100)]


def test_nothing_to_do() -> None:
    assert list(in_order(str, [], 4, stop=Event())) == []


def test_an_error_comes_in_its_turn_and_stops_the_rest() -> None:
    def work(item: int) -> int:
        if item == 2:
            raise ValueError("two")
        return item

    stop = Event()
    found = in_order(work, range(10_000), 2, stop=stop)
    assert [next(found), next(found)] == [0, 1]
    with pytest.raises(ValueError, match="two"):
        next(found)
    assert stop.is_set()


def test_stopping_early_ends_the_calls_under_way() -> None:
    stop, started = Event(), Event()

    def work(item: int) -> int:
        if item:
            started.set()
            assert stop.wait(10)
        return item

    found = in_order(work, iter(range(1000)), 2, stop=stop)
    assert next(found) == 0
    assert started.wait(10)
    found.close()
    assert stop.is_set()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("tilth-resolve")]


def test_items_are_taken_as_they_are_needed() -> None:
    taken: list[int] = []

    def items() -> object:
        for item in range(10_000):
            taken.append(item)
            yield item

    found = in_order(str, items(), 2, stop=Event())  # type: ignore[arg-type]
    next(found)
    assert len(taken) < 100
    found.close()
