"""The table of events: what is emitted is in it, and what is in it is emitted."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from atlas.adapters.store.transaction import Transaction
from atlas.core.records.events import EVENTS, LONGEST_FIELD, TO, event_of, event_words
from tests.support import ROOT

SOURCES = sorted((ROOT / "scripts" / "atlas").rglob("*.py"))
TABLE = ROOT / "scripts" / "atlas" / "core" / "records" / "events.py"


def emitted(path: Path) -> Iterator[ast.Call]:
    """The calls in a file that emit an event."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "emit":
            yield node


@pytest.mark.parametrize("path", [path for path in SOURCES if any(emitted(path))], ids=lambda path: path.stem)
def test_what_is_emitted_is_in_the_table(path: Path) -> None:
    for call in emitted(path):
        fields = {keyword.arg for keyword in call.keywords}
        for name in (node.value for node in ast.walk(call.args[0]) if isinstance(node, ast.Constant)):
            assert name in EVENTS, f"{path.name}:{call.lineno}"
            known = set(EVENTS[str(name)].fields)
            assert fields <= {*known, None} if None in fields else fields == known, f"{path.name}:{call.lineno}"


def test_all_of_the_table_is_emitted() -> None:
    texts = [path.read_text(encoding="utf-8") for path in SOURCES if path != TABLE and path.parent.name != "letters"]
    assert [name for name in EVENTS if not any(f'"{name}"' in text for text in texts)] == []


@pytest.mark.parametrize("name", EVENTS)
def test_its_words_are_made_of_its_fields(name: str) -> None:
    row = EVENTS[name]
    words = event_words(event_of(name, {field: f"<{field}>" for field in row.fields}))
    assert "{" not in words
    assert ("<text>" in words) == ("text" in row.fields)
    assert TO not in row.told or "to" in row.fields


def transaction() -> Transaction:
    return Transaction(lambda file: pytest.fail("nothing is read"), lambda: None, "2026-01-01T00:00:00Z", 0)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("GateRestored", {}),
        ("GatesRestored", {"text": "x"}),
        ("ModuleAdded", {}),
        ("ModuleAdded", {"module": "a", "agent": "b"}),
    ],
)
def test_what_is_not_in_the_table_is_refused(name: str, fields: dict[str, Any]) -> None:
    tx = transaction()
    with pytest.raises(ValueError, match=name):
        tx.emit(name, **fields)
    assert tx.events == []


def test_what_somebody_wrote_is_one_short_line() -> None:
    tx = transaction()
    tx.emit("PlanBegun", plan="plan-1", text="a\n\x1b[2Jb " + "c" * 5000)
    tx.emit("MergeConflicted", module="m", files=["x\ny", "z" * 5000])
    texts = [tx.events[0]["text"], *tx.events[1]["files"]]
    assert all(len(text) <= LONGEST_FIELD and text.isprintable() for text in texts)
    assert texts[0].startswith("a [2Jb c")


def test_the_same_is_said_once() -> None:
    tx = transaction()
    for _ in range(3):
        tx.emit("ModuleAdded", module="m")
    assert tx.events == [{"event": "ModuleAdded", "module": "m"}]


def test_a_later_versions_event_is_shown_by_its_name() -> None:
    assert event_words({"event": "MoonLanded", "text": "x"}) == "MoonLanded"
