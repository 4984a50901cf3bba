"""A record as a line of JSON, which stands as it is in tables, in the history, and in the file that people read."""

from __future__ import annotations

import json
import re
from typing import Any

_encode = json.JSONEncoder(ensure_ascii=False, separators=(", ", ": ")).encode
_NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
"""Characters that JSON may hold as they are, and YAML (or, for the surrogates, UTF-8) may not."""


def encode_record(record: Any) -> str:
    """A record as one line of JSON, which is YAML too. Equal records give equal text, also after a round trip."""
    return _NOT_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", _encode(record))
