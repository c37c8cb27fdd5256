"""A process that takes in and accepts requests one after another, and says of each when it is done."""

import sys
import time
from pathlib import Path

from tilth.governance.cases import accept, receive
from tilth.governance.keys import read_keys
from tilth.governance.ledger import Ledger
from tilth.governance.requests import Request


def main(where: str, keys: str, writer: str, count: int) -> None:
    ledger = Ledger.open(where, make=True)
    made = read_keys(Path(keys))
    for number in range(count):
        request = Request(kind="opt_out", repositories=(f"example.org/writer-{writer}/{number}",))
        ((name, _),) = receive(ledger, made, [(request, "")])
        accept(ledger, name, by=writer, without_proof="a test")
        print(name, flush=True)
        # The others get their turn: a loop without a pause would keep them out for long.
        time.sleep(0.01)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
