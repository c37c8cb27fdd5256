"""Presidio's recognisers of patterns (its models are not asked), each with its own threshold of 0.4.

Texts on standard input as JSON, a line each; on the output the spans found, in characters, and the seconds.
"""

import json
import sys
import time

from presidio_analyzer.predefined_recognizers import (
    CreditCardRecognizer,
    EmailRecognizer,
    IbanRecognizer,
    IpRecognizer,
    PhoneRecognizer,
)

ASKED = (
    (EmailRecognizer(), "EMAIL_ADDRESS", "email"),
    (IpRecognizer(), "IP_ADDRESS", "ip"),
    (PhoneRecognizer(), "PHONE_NUMBER", "phone"),
    (CreditCardRecognizer(), "CREDIT_CARD", "card"),
    (IbanRecognizer(), "IBAN_CODE", "iban"),
)
for line in sys.stdin:
    text = json.loads(line)
    begin = time.process_time()
    found = [
        [kind, one.start, one.end]
        for recognizer, entity, kind in ASKED
        for one in recognizer.analyze(text, [entity], None) or ()
        if one.score >= 0.4
    ]
    print(json.dumps({"found": found, "seconds": time.process_time() - begin}), flush=True)
