"""ScanCode's matcher on a list of files; runs in an environment of its own (see `facts_licence.py`)."""

import json
import resource
import sys
import time


def main(listing: str) -> None:
    """Print the SPDX expressions of each file and what they took."""
    from licensedcode.cache import get_index
    from scancode_names import spdx_names

    start = time.process_time()
    index = get_index()
    index_seconds = time.process_time() - start
    named = spdx_names()
    with open(listing) as file:
        paths = json.load(file)
    start = time.process_time()
    found = [[match.rule.license_expression for match in index.match(location=path)] for path in paths]
    seconds = time.process_time() - start
    print(
        json.dumps(
            {
                "expressions": [[named(one) for one in some] for some in found],
                "seconds": seconds,
                "index_seconds": index_seconds,
                "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1])
