"""What is told without the library: never yes where the library says no, and yes to all that is stored."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from atlas.adapters.store import schema
from atlas.adapters.store.schema_match import matches
from atlas.core.records.kinds import KINDS
from tests.kit.state import records

from .test_schemas import load

ODD: list[Any] = [
    *(None, True, False, 0, 1, -1, 10**9, 1.0, 1.5),
    *("", "x", "x" * 70, "x" * 9000, "a\nb", "Ä", "2026-01-01T00:00:00Z", "task-0123456789ab"),
    *([], ["a"], ["a", "a"], [1], [1, 1], [[]], {}, {"a": 1}, {"a": "b"}),
]


@pytest.fixture(scope="module")
def stored(_begun: Path) -> dict[str, Any]:
    """A record of each kind that a begun orchestration has."""
    found = records(_begun)
    return {kind: next(iter(found[KINDS[kind].section].values())) for kind in KINDS if found.get(KINDS[kind].section)}


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container in a value, with each of its keys."""
    keys: Any = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from places(value[key])


def disturbed(record: Any) -> Iterator[Any]:
    """The record, again and again, each time with one thing in it replaced, taken away, or added under another name."""
    changing = copy.deepcopy(record)
    for holder, key in list(places(changing)):
        kept = holder[key]
        for odd in ODD:
            holder[key] = odd
            yield changing
        holder[key] = kept
        if isinstance(holder, dict):
            del holder[key]
            yield changing
            holder[key] = kept
            holder["unknown"] = kept
            yield changing
            del holder["unknown"]


def test_it_never_says_yes_where_the_library_says_no(stored: dict[str, Any]) -> None:
    answers = set()
    for kind, record in stored.items():
        rules, validator = load(kind), schema.load_validator(kind)
        for value in disturbed(record):
            surely, valid = matches(rules, value), validator.is_valid(value)
            assert valid or not surely, (kind, value)
            answers.add((surely, valid))
    assert {(True, True), (False, False)} <= answers


def test_what_is_stored_is_known_without_the_library(stored: dict[str, Any]) -> None:
    assert len(stored) > 5
    assert [kind for kind, record in stored.items() if not matches(load(kind), record)] == []
