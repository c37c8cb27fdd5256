"""ScanCode's matcher on the paths of standard input; a line of JSON for each: expressions, lines and time.

It is the matcher that is asked, not the command line: the same matches without plugins and reports, and faster.
"""

import json
import sys
import time

from licensedcode.cache import get_index
from scancode_names import spdx_names


def main() -> None:
    """A file that it fails on has no expressions, and the error."""
    out = sys.stdout
    sys.stdout = sys.stderr
    index = get_index()
    named = spdx_names()
    for line in sys.stdin:
        start = time.process_time()
        answer: dict[str, object] = {}
        try:
            matches = index.match(location=line.rstrip("\n"))
        except Exception as error:
            matches, answer = [], {"error": repr(error)}
        answer["matches"] = [
            [named(match.rule.license_expression), match.start_line, match.end_line, match.rule.identifier]
            for match in matches
        ]
        answer["seconds"] = time.process_time() - start
        out.write(json.dumps(answer) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
