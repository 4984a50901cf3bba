"""Records are found by their fields: exactly those that have them, and the others are not even parsed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from atlas.adapters.record_lines import encode_record
from atlas.adapters.store.tables import Table
from atlas.adapters.store.transaction import Transaction
from atlas.core.records.kinds import DISCOVERY, MESSAGE, MODULE, Kind

LIKENESS = ['"status": "queued"', '\\"status\\": \\"queued\\"', 'x"status', '", "status": "queued', "{", "queued"]
TEXTS = st.one_of(st.sampled_from(LIKENESS), st.text(max_size=4), st.text('"\\:{},é\u2028\ud83d\ude80🚀', max_size=6))
NAMES = st.sampled_from(["status", "to", "held", 'x"status', "\\", "🚀"])
VALUES = st.one_of(st.none(), st.booleans(), st.sampled_from([0, 1, 1.0]), st.sampled_from(["queued", "sent"]), TEXTS)
WITHIN = st.recursive(
    VALUES,
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(NAMES, inner, max_size=2)),
    max_leaves=5,
)
RECORDS = st.lists(st.dictionaries(NAMES, WITHIN, max_size=4), max_size=4)
WANTED = st.one_of(st.none(), st.booleans(), st.just("queued"), TEXTS)
FIELDS = st.dictionaries(
    NAMES, st.one_of(WANTED, st.tuples(WANTED, WANTED), st.frozensets(WANTED, max_size=2)), min_size=1, max_size=2
)


def having(kind: Kind[Any], records: list[Any]) -> Transaction:
    """A transaction that sees these records, each called by its place in the list."""
    table = Table(kind.file)
    for key, record in enumerate(records):
        table.sections[kind.section].put(str(key), encode_record(record))
    return Transaction(lambda file: table, lambda: None, "2026-01-31T08:00:00Z", 1)


def has(record: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Whether an object has the fields, by JSON's own idea of what is equal: 1 is not true."""
    values = {name: one if isinstance(one, (tuple, frozenset)) else (one,) for name, one in wanted.items()}
    return all(
        any(name in record and type(record[name]) is type(one) and record[name] == one for one in some)
        for name, some in values.items()
    )


def objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(inner)


@given(RECORDS, FIELDS)
@example([{"to": '"status": "queued"'}, {"to": {"status": "queued"}}, {"status": "queued"}], {"status": "queued"})
@example([{'x"status': "queued"}, {"held": 1, "to": {"held": True}}], {"status": "queued"})
@example([{'x"status': "queued"}, {"held": 1, "to": {"held": True}}], {"held": True})
@example([{"to": "{", "status": "queued"}, {"to": [{"status": "queued"}], "status": "sent"}], {"status": ("queued",)})
@example([{"status": "\ud83d\ude80"}, {"status": "🚀"}, {"status": "\ud83d"}], {"status": "🚀"})
@example([{"to": "\ud83d\ude80", "status": [{"to": "🚀"}]}], {"to": frozenset(["🚀", None])})
@example([{}, {"status": None}], {"status": None})
@example([{"status": "queued"}], {"status": ()})
def test_exactly_the_records_that_have_the_fields_are_found(records: list[Any], wanted: dict[str, Any]) -> None:
    tx = having(MODULE, records)
    everything: list[Any] = [*tx.all(MODULE)]
    matching = [number for number, record in enumerate(everything) if has(record, wanted)]
    assert tx.where(MODULE, **wanted) == [everything[number] for number in matching]
    assert tx.keys(MODULE, **wanted) == [str(number) for number in matching]
    assert tx.count(MODULE, **wanted) == len(matching)
    assert tx.last(MODULE, **wanted) == (everything[matching[-1]] if matching else None)
    within = [record for record in everything if any(has(one, wanted) for one in objects(record))]
    assert tx.containing(MODULE, **wanted) == within


def test_without_fields_all_are_found() -> None:
    tx = having(MODULE, [{"id": "a"}, {"id": "b"}])
    assert tx.where(MODULE) == tx.all(MODULE)
    assert tx.keys(MODULE) == ["0", "1"]
    assert tx.count(MODULE) == 2


def test_a_field_called_kind_can_be_asked_for() -> None:
    tx = having(DISCOVERY, [{"kind": "interrupt"}, {"kind": "discovery"}])
    assert [found["kind"] for found in tx.where(DISCOVERY, kind="interrupt")] == ["interrupt"]


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was parsed since, a text for each call."""
    texts: list[str] = []
    parse = json.loads

    def loads(text: str) -> Any:
        texts.append(text)
        return parse(text)

    monkeypatch.setattr(json, "loads", loads)
    return texts


def test_records_that_do_not_match_are_not_parsed(parsed: list[str]) -> None:
    over = {"status": "seen", "body": 'the "status": "queued" of it', "held": False}
    waiting = {"status": "queued", "body": "to be sent", "held": False, "parts": [{"agent": "ben"}]}
    tx = having(MESSAGE, [over, waiting, over])
    parsed.clear()
    assert tx.where(MESSAGE, status="queued", held=False) == [waiting]
    assert tx.containing(MESSAGE, agent="ben") == [waiting]
    assert tx.where(MESSAGE, status="failed") == []
    lines = f'{{"1": {encode_record(waiting)}}}'
    assert parsed == [lines, lines, "{}"]


def test_keys_are_found_without_parsing_what_comes_before_any_other_object(parsed: list[str]) -> None:
    done = {"id": "a", "status": "complete", "evidence": [{"status": "complete"}]}
    unclear = {"id": "b", "description": "{", "status": "complete"}
    tx = having(MODULE, [done, unclear, {"id": "c", "status": "pending"}])
    parsed.clear()
    assert tx.keys(MODULE, status="complete") == ["0", "1"]
    assert parsed == [encode_record(unclear)]


def test_what_was_put_is_found_again_and_known_as_changed() -> None:
    tx = having(MESSAGE, [])
    message: Any = {"id": "msg-1", "status": "queued", "to": "ben"}
    tx.put(MESSAGE, message)
    assert tx.where(MESSAGE, to="ben") == tx.changed(MESSAGE) == [message]
    tx.patch(MESSAGE, message, status="sent")
    assert tx.where(MESSAGE, status="queued") == []
    assert tx.changed(MESSAGE) == [{**message, "status": "sent"}]
    assert tx.changed(MODULE) == []
