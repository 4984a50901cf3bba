"""What a verb's `run` hands back to be printed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar

R = TypeVar("R", bound=Mapping[str, object], covariant=True)


class Outcome(Generic[R]):
    """A result for `--json`, the same as text, and the exit code. `run` of each verb declares the type of its result:
    one of `core/results/`, or several for a verb with several forms.
    """

    __slots__ = ("exit_code", "result", "text")

    def __init__(self, result: R, text: str, exit_code: int = 0) -> None:
        self.result, self.text, self.exit_code = result, text, exit_code
