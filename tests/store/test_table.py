"""What is stored comes back as it was: records, tables, history lines, gates, front matter."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from atlas.adapters.record_lines import encode_record
from atlas.adapters.store import log
from atlas.adapters.store.checkpoint import Checkpoint, fingerprint_bytes
from atlas.adapters.store.tables import Table
from atlas.adapters.system import serial
from atlas.core import frontmatter
from atlas.core.errors import StateError
from atlas.core.records.kinds import FILES, KINDS
from tests.kit.orchestrations import refusal

AWKWARD = "\x00\x7f\x85\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800\\\"'{}[],:#-?|>\n\r\t 𐀀é"
TEXTS = st.text(st.one_of(st.characters(), st.sampled_from(AWKWARD)))
WITHOUT_SURROGATES = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(min_value=-(2**63), max_value=2**63), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=8,
)
RECORDS = st.dictionaries(st.sampled_from(["id", "name", "text", "list"]), VALUES, max_size=4)
KEYS = st.from_regex(r"[a-z0-9][a-z0-9-]{0,20}", fullmatch=True)


@given(RECORDS)
@example({"text": AWKWARD})
@example({"text": "\ud83d\ude80"})
def test_a_record_is_one_line_of_json_that_survives(record: Any) -> None:
    line = encode_record(record)
    assert "\n" not in line
    line.encode()
    assert json.loads(line) == json.loads(json.dumps(record))
    if json.loads(line) == record:  # two halves of a surrogate pair become one character
        assert encode_record(json.loads(line)) == line


@given(st.dictionaries(st.sampled_from(["id", "name", "text"]), WITHOUT_SURROGATES, max_size=3))
@example({"text": AWKWARD.replace("\ud800", "")})
@example({"text": "- --- ... !!x &a *b {c} [d] # e | > % @ `"})
@example({"text": "null", "name": "1e5", "id": "yes"})
def test_a_record_is_yaml_too(record: Any) -> None:
    for text in (encode_record(record), f"records:\n  - {encode_record(record)}\n"):
        value = yaml.safe_load(text)
        assert value in (record, {"records": [record]})


@given(
    st.sampled_from(FILES),
    st.integers(min_value=0, max_value=10**9),
    st.dictionaries(KEYS, RECORDS, max_size=5),
    st.dictionaries(KEYS, RECORDS, max_size=5),
)
def test_a_table_is_read_as_it_was_written(file: str, seq: int, first: Any, last: Any) -> None:
    table = Table(file)
    table.seq = seq
    sections = list(table.sections.values())
    for rows, records in ((sections[0], first), (sections[-1], last)):
        for key in first:
            rows.remove(key)
        for key, record in records.items():
            rows.put(key, encode_record(record))
    text = table.render()
    parsed = Table.parse(file, text)
    assert (parsed.seq, parsed.render()) == (seq, text)
    for section, rows in table.sections.items():
        assert list(parsed.sections[section].lines().items()) == list(rows.lines().items())
        assert parsed.sections[section].by_key() == rows.by_key()
    value = json.loads(text)
    assert set(value) == {"atlas", *table.sections}


@given(st.text())
@example("{}")
@example('{"atlas": {"version": 1}}')
@example('{"atlas": {"version": 1, "seq": 1},\n"nonsense": {\n}}\n')
@example('{"atlas": {"version": 1, "seq": 1},\n"')
def test_other_text_is_no_table(text: str) -> None:
    with pytest.raises(StateError):
        Table.parse(FILES[0], text.encode("utf-8", "surrogatepass"))


CHANGES = st.dictionaries(KEYS, st.none() | RECORDS, max_size=3)


@given(st.dictionaries(st.sampled_from(list(KINDS)), CHANGES, max_size=3))
def test_a_history_line_is_read_as_it_was_written(records: Any) -> None:
    changes = {
        kind: {key: None if record is None else encode_record(record) for key, record in changed.items()}
        for kind, changed in records.items()
    }
    line = log.encode_entry(7, "2026-01-01T00:00:00Z", {"role": "lead", "agent": "é\ud800"}, "verb", changes)
    assert line.count(b"\n") == 1
    entry = log.decode_entry(line, 7)
    assert (entry["seq"], entry["verb"]) == (7, "verb")
    assert entry["records"] == json.loads(json.dumps(records))


@given(st.integers(min_value=0), st.integers(min_value=0, max_value=255))
def test_any_changed_byte_of_a_history_line_is_noticed(place: int, byte: int) -> None:
    line = log.encode_entry(7, "2026-01-01T00:00:00Z", None, "verb", {"module": {"m0": encode_record({"id": "m0"})}})
    place %= len(line) - 1
    changed = line[:place] + bytes([byte]) + line[place + 1 :]
    if changed == line:
        return
    with pytest.raises(StateError, match="history line 7 is damaged"):
        log.decode_entry(changed, 7)


@given(st.integers(min_value=0, max_value=2**40), st.dictionaries(st.sampled_from(FILES), st.binary(), max_size=3))
def test_a_gate_is_read_as_it_was_written(size: int, files: dict[str, bytes]) -> None:
    gate = Checkpoint(3, size, {name: fingerprint_bytes(data) for name, data in files.items()})
    parsed = Checkpoint.parse(gate.render())
    assert parsed is not None
    assert (parsed.seq, parsed.history, parsed.files) == (gate.seq, gate.history, gate.files)
    assert all(parsed.matches(name, data) and not parsed.matches(name, data + b"x") for name, data in files.items())


@given(st.binary())
@example(b"null")
@example(b"[]")
@example(b'{"version": 1, "seq": 1, "history": 1, "files": {}}')
@example(b'{"version": "1"}')
def test_other_bytes_are_no_gate(data: bytes) -> None:
    assert Checkpoint.parse(data) is None


@given(st.binary(), st.text(st.characters(exclude_categories=["Cs", "Cc"])))
@example(b"---\nmore\n---\n", "key: --- value")
@example(b"\r\n\xff", "a: b")
def test_a_body_is_kept_byte_for_byte(body: bytes, front: str) -> None:
    if front.strip(" \t") == "---":
        return
    assert frontmatter.split_front_matter("plan", frontmatter.join_front_matter(front, body)) == (
        front.rstrip("\n") + "\n",
        body,
    )


@given(st.binary())
@example(b"---\n---")
@example(b"---\n\xc3\n---\n")
def test_any_file_is_split_or_refused_with_a_place(data: bytes) -> None:
    complaint = refusal(lambda: frontmatter.split_front_matter("plan", data))
    if complaint is None:
        front, body = frontmatter.split_front_matter("plan", data)
        assert data.endswith(body)
        assert len(front.encode()) + len(body) < len(data)
    assert complaint is None or complaint.startswith("plan, line ")


@given(st.dictionaries(WITHOUT_SURROGATES, st.one_of(WITHOUT_SURROGATES, st.lists(WITHOUT_SURROGATES)), max_size=4))
@example({"text": "2026-01-31T08:00:00Z", "time": "12:30:45", "no": "yes", "": "~"})
@example({"text": AWKWARD.replace("\ud800", "")})
@example({"a": "x" * 5000, "x" * 200: "---\n---"})
def test_yaml_is_read_as_it_was_written(value: Any) -> None:
    text = serial.dump_yaml(value)
    assert serial.Document("plan", text).value == value
    front, _ = frontmatter.split_front_matter("plan", frontmatter.join_front_matter(text, b"body"))
    assert serial.Document("plan", front).value == value


@given(st.text())
@example("a: 0b_")
@example("? {a: b}\n: c")
@example("[" * 2000)
@example("a: " + "9" * 5000)
@example("<<: x")
@example("!!timestamp 2026-99-99")
@example("!!binary é")
@example("a: !!float x")
def test_any_yaml_is_read_or_refused_with_a_place(text: str) -> None:
    complaint = refusal(lambda: serial.Document("plan", text))
    assert complaint is None or complaint.startswith("plan, line ")
