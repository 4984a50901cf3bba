"""Rows behave like a dict of records, whatever was read from a file and whatever was put since."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from atlas.adapters.record_lines import encode_record
from atlas.adapters.store import tables
from atlas.adapters.store.tables import Rows, Table
from atlas.adapters.store.transaction import Transaction
from atlas.core.records.kinds import EVIDENCE, FILES, KINDS
from atlas.core.records.rows import evidence_contents, evidence_row
from atlas.services.proof.outcome import put_evidence

FILE = FILES[0]
SECTION = next(kind.section for kind in KINDS.values() if kind.file == FILE)
TEXTS = st.text(st.one_of(st.characters(), st.sampled_from('\\"{},\n:é🚀')), max_size=5)
RECORDS = st.dictionaries(st.sampled_from(["id", "status", "a-b"]), st.none() | TEXTS, max_size=3)
KEYS = st.sampled_from(["a", "a-b", "b", "id", "status", "a1", "1"])
STEPS = st.lists(st.tuples(st.sampled_from(["put", "remove", "look", "keys", "reread", "copy"]), KEYS, RECORDS))
WANTED = st.fixed_dictionaries({"status": st.none() | st.sampled_from(["", "x"]) | TEXTS})


def reread(rows: Rows) -> Rows:
    """What stands in the file that would be written of these."""
    table = Table(FILE)
    table.sections[SECTION] = rows
    return Table.parse(FILE, table.render()).sections[SECTION]


def assert_same(rows: Rows, model: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert list(rows.by_key().items()) == list(model.items())
    assert rows.lines() == {key: encode_record(record) for key, record in model.items()}
    assert rows.keys() == list(rows.lines()) == list(model)
    assert len(rows) == len(model)
    matching = [key for key, one in model.items() if one.items() >= wanted.items()]
    assert rows.keys_where(wanted) == matching
    assert rows.where(wanted) == [model[key] for key in matching]
    assert rows.last_where(wanted) == (model[matching[-1]] if matching else None)


@pytest.mark.parametrize("few", [2, 32])
@given(STEPS, WANTED)
@example([("put", "a", {}), ("reread", "a", {}), ("remove", "a", {}), ("put", "a", {"id": "x"})], {"status": None})
@example([("put", "a", {}), ("put", "b", {}), ("reread", "a", {}), ("remove", "b", {})], {"status": None})
@example([("put", "status", {"id": "x"}), ("reread", "a", {}), ("put", "b", {})], {"status": "🚀"})
def test_rows_do_what_a_dict_does(few: int, steps: list[tuple[str, str, Any]], wanted: dict[str, Any]) -> None:
    rows, model = Rows(), dict[str, Any]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "_FEW", few)
        for step, key, record in steps:
            if step == "put":
                model[key] = json.loads(encode_record(record))
                rows.put(key, encode_record(record))
            elif step == "remove":
                model.pop(key, None)
                rows.remove(key)
            elif step == "look":
                assert rows.get(key) == model.get(key)
            elif step == "keys":
                assert rows.keys() == list(model)
            elif step == "reread":
                rows = reread(rows)
            else:
                other = Rows(rows.text())
                rows.put(key, encode_record({"only": "here"}))
                rows = other
        assert_same(rows, model, wanted)
        assert_same(reread(rows), model, wanted)


@pytest.mark.parametrize("key", ["", '"', 'a": {},\n"b', "\n", "A", "é", "\ud800", "a\x00"])
def test_no_key_is_found_that_is_not_there(key: str) -> None:
    rows = Rows()
    for one in ("a", "b"):
        rows.put(one, "{}")
    assert reread(rows).line(key) is None
    rows.put("c", "{}")
    assert (reread(rows).get("b"), len(rows)) == ({}, 3)


def test_a_key_within_a_text_is_no_key() -> None:
    rows = Rows()
    rows.put("a", encode_record({"text": '\n"b": {"status": "x"},\n"c": '}))
    rows.put("d", encode_record({"b": {"status": "y"}}))
    rows = reread(rows)
    assert [rows.line(key) for key in ("b", "c")] == [None, None]
    assert rows.keys() == ["a", "d"]


CONTENTS = evidence_contents(commit="c", base="b", tree="t", outcome="passed", checks=[], conflicts=[])


def test_evidence_gets_a_name_of_its_own_also_in_a_history_that_began_anew() -> None:
    table = Table(EVIDENCE.file)
    for number in (2, 3):  # names by the numbers that changes had in the history before
        table.sections[EVIDENCE.section].put(evidence_row(number), encode_record({"row": evidence_row(number)}))
    tx = Transaction(lambda file: table, lambda: None, "2026-01-31T08:00:00Z", 1)
    assert put_evidence(tx, "m0", CONTENTS) == evidence_row(4)
    assert tx.keys(EVIDENCE) == [evidence_row(number) for number in (2, 3, 4)]
