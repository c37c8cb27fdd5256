"""One function over many items in a few threads, results in the order of the items."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

_AHEAD = 8


def in_order(
    function: Callable[[_Item], _Result], items: Iterable[_Item], num_threads: int, *, stop: Event
) -> Generator[_Result, None, None]:
    """Yield `function(item)` for each item, computed a few items ahead.

    Args:
        function: Called in several threads at once; what it raises is raised here, in its item's turn.
        items: Taken as they are needed.
        num_threads: Calls at a time.
        stop: Set when the caller wants no more, so that the calls under way can end early.
    """
    waiting: deque[Future[_Result]] = deque()
    with ThreadPoolExecutor(num_threads, thread_name_prefix="tilth-resolve") as pool:
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) >= num_threads * _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
