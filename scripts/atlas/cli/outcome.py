"""What a verb's `run` hands back to be printed."""

from __future__ import annotations

from typing import Any


class Outcome:
    """A result for `--json`, the same as text, and the exit code."""

    __slots__ = ("exit_code", "result", "text")

    def __init__(self, result: dict[str, Any], text: str, exit_code: int = 0) -> None:
        self.result, self.text, self.exit_code = result, text, exit_code
