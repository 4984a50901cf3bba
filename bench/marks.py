"""A figure and the mark it is to reach."""

from __future__ import annotations


class Figure:
    """A measured ratio; `mark` is the most it may be, None when it is only shown."""

    def __init__(self, name: str, value: float, mark: float | None = None) -> None:
        self.name, self.value, self.mark = name, value, mark

    @property
    def reached(self) -> bool:
        return self.mark is None or self.value <= self.mark

    def __str__(self) -> str:
        mark = "" if self.mark is None else f"≤ {self.mark:6.2f}   {'' if self.reached else 'MISSED'}"
        return f"{self.name:44} {self.value:8.2f}   {mark}".rstrip()
