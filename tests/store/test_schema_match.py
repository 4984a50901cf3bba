"""What is told without the library: never yes where the library says no, and yes to all that it says yes to."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atlas.adapters.store import schema
from atlas.adapters.store.schema_match import matches
from atlas.core.records.kinds import KINDS
from tests.kit.state import records

from .test_schemas import SCHEMAS, load

ODD: list[Any] = [
    *(None, True, False, 0, 1, -1, 10**9, 1.0, 1.5),
    *("", "x", "x" * 70, "x" * 9000, "a\nb", "Ä", "slug\n", "2026-01-01T00:00:00Z", "task-0123456789ab"),
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


def test_both_say_the_same_of_records_with_one_thing_wrong(stored: dict[str, Any]) -> None:
    answers = set()
    for kind, record in stored.items():
        rules, validator = load(kind), schema.load_validator(kind)
        for value in disturbed(record):
            surely, valid = matches(rules, value), validator.is_valid(value)
            assert surely == valid or (valid and has_whole_float(value)), (kind, value)
            answers.add(valid)
    assert answers == {True, False}


def test_what_is_stored_keeps_to_its_schema(stored: dict[str, Any]) -> None:
    assert len(stored) > 5
    assert [kind for kind, record in stored.items() if not matches(load(kind), record)] == []


def has_whole_float(value: Any) -> bool:
    """Whether 1.0 or the like stands in the value: the library takes it for an integer, and is asked."""
    return any(isinstance(holder[key], float) and holder[key].is_integer() for holder, key in places(value))


def values(part: dict[str, Any], named: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that keep to a part of a schema, now and then with a thing in them that does not."""
    if "$ref" in part:
        return values(named[part["$ref"].removeprefix("#/$defs/")], named)
    if "anyOf" in part:
        return st.one_of([values(each, named) for each in part["anyOf"]])
    if "enum" in part:
        return st.sampled_from(part["enum"])
    types = part["type"] if isinstance(part["type"], list) else [part["type"]]
    return st.one_of([values_of_type(each, part, named) for each in types])


def values_of_type(name: str, part: dict[str, Any], named: dict[str, Any]) -> st.SearchStrategy[Any]:
    if name == "object":
        needed, inner = set(part.get("required", ())), part.get("properties", {})
        fields = {key: values(each, named) for key, each in inner.items()}
        if not fields:
            return st.dictionaries(
                st.sampled_from(["a", "b-1", "x" * 300]), values(part["additionalProperties"], named)
            )
        return st.fixed_dictionaries(
            {key: each for key, each in fields.items() if key in needed},
            optional={key: each for key, each in fields.items() if key not in needed},
        )
    if name == "array":
        return st.lists(values(part["items"], named), max_size=2)
    if name == "string" and "pattern" in part:
        return st.from_regex(part["pattern"], alphabet=st.characters(codec="ascii"))
    if name == "string":
        lengths = {0, part.get("minLength", 0), part.get("maxLength", 9)}
        return st.sampled_from([letter * length for letter in "x\U0001f600" for length in sorted(lengths)])
    least, most = part.get("minimum", -9), part.get("maximum", 10**6)
    return {
        "integer": st.integers(least, most),
        "number": st.floats(least, most) | st.integers(least, most),
        "boolean": st.booleans(),
        "null": st.none(),
    }[name]


@pytest.mark.parametrize("kind", sorted(SCHEMAS))
def test_both_say_the_same_of_generated_values(kind: str) -> None:
    whole, validator = load(kind), schema.load_validator(kind)

    def hold_equal(value: Any) -> None:
        surely, valid = matches(whole, value), validator.is_valid(value)
        assert surely == valid or (valid and has_whole_float(value)), value

    @settings(max_examples=10, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(values(whole, whole["$defs"]), st.data())
    def hold(value: Any, data: st.DataObject) -> None:
        hold_equal(value)
        holder, key = data.draw(st.sampled_from(list(places(value))))
        holder[key] = data.draw(st.sampled_from(ODD))
        hold_equal(value)

    hold()
