"""Prints [path, line] of all that detect-secrets finds in a folder with its default settings."""

import json
import sys
from pathlib import Path

from detect_secrets import SecretsCollection
from detect_secrets.settings import default_settings

found = SecretsCollection()
with default_settings():
    for path in sorted(Path(sys.argv[1]).rglob("*")):
        if path.is_file():
            found.scan_file(str(path))
print(json.dumps([[name, secret.line_number] for name, secret in found]))
