"""BigCode's regular expressions for e-mail and IP addresses, as published with StarCoder, in front of the same screens.

github.com/bigcode-project/bigcode-dataset, pii/utils/emails_ip_addresses_detection.py (Apache-2.0). Texts on standard
input as JSON, a line each; on the output the spans found, in characters, and the seconds.
"""

import ipaddress
import json
import sys
import time

import regex

EDGE, AFTER = r"(?:^|[\b\s@?,!;:\'\")(.\p{Han}])", r"(?:$|[\s@,?!;:'\"(.\p{Han}])"
BYTE = "(?:25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)"
HEX = "[0-9a-fA-F]{1,4}"
IPV6 = "|".join(
    [f"(?:{HEX}:){{7,7}}{HEX}", f"(?:{HEX}:){{1,7}}:"]
    + [f"(?:{HEX}:){{1,{7 - n}}}(?::{HEX}){{1,{n}}}" for n in range(1, 6)]
    + [f"{HEX}:(?:(?::{HEX}){{1,6}})", f":(?:(?::{HEX}){{1,7}}|:)"]
)
IP = regex.compile(rf"{EDGE}({BYTE}(?:\.{BYTE}){{3}}|{IPV6}){AFTER}", regex.MULTILINE)
EMAIL = regex.compile(
    r"""(?<=^|[\b\s@,?!;:)('".\p{Han}<])([^\b\s@?!;,:)('"<]+@[^\b\s@!?;,/]*[^\b\s@?!;,/:)('">.]\.\p{L}\w{1,})"""
    r"""(?=$|[\b\s@,?!;:)('".\p{Han}>])""",
    regex.MULTILINE,
)

LEFT_ALONE = set(
    "8.8.8.8 8.8.4.4 1.1.1.1 1.0.0.1 76.76.19.19 76.223.122.150 9.9.9.9 149.112.112.112 208.67.222.222 208.67.220.220 "
    "8.26.56.26 8.20.247.20 94.140.14.14 94.140.15.15".split()
)


def is_address(value: str, text: str, start: int, end: int) -> bool:
    """Whether it passes the published screens: digits, a valid address, no short version without a telling word."""
    if not any(map(str.isdigit, value)):
        return False
    if value.count(".") == 3 and len(value) == 7:
        around = text[start - 100 : end + 100].lower()
        if "dns" not in around and "server" not in around:
            return False
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return False
    # What its redaction leaves alone is not held against it.
    return not address.is_private and value not in LEFT_ALONE


for line in sys.stdin:
    text = json.loads(line)
    begin = time.process_time()
    found = [["email", *match.span(1)] for match in EMAIL.finditer(text)]
    found += [
        ["ip", *match.span(1)]
        for match in IP.finditer(text)
        if is_address(match.group(1), text, *match.span(1))
    ]
    print(json.dumps({"found": found, "seconds": time.process_time() - begin}), flush=True)
