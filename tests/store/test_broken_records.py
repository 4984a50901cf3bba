"""A record that breaks its schema and got into the history all the same: recovery and doctor name it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from atlas.adapters.store import log
from atlas.core.records.kinds import KINDS
from tests.conftest import Atlas
from tests.kit.state import gate_of, history_of, records


@pytest.mark.parametrize(
    ("kind", "field", "value", "fault"),
    [
        ("agent", "type", "robot", "type: 'robot' is none of ai, human"),
        ("module", "acceptance_criteria", [1], "acceptance_criteria.0: 1 is not of type string"),
        ("message", "attempts", -1, "attempts: -1 is less than the minimum of 0"),
    ],
)
def test_a_record_of_the_history_that_breaks_its_schema_is_named(
    atlas: Atlas, begun: Path, kind: str, field: str, value: Any, fault: str
) -> None:
    key = put_into_history(begun, kind, {field: value})
    done = atlas("status")
    assert (done.returncode, done.stderr.count("\n")) == (0, 1), done.stderr
    assert f"the history holds a record that breaks its schema: {kind} {key}: {fault}" in done.stderr
    assert fault.split(":")[0].split(".")[0] in records(begun)[KINDS[kind].section][key], "it is shown all the same"
    found = json.loads(atlas("doctor", "--json").stdout)["result"]["findings"]
    assert f"{kind} {key}: {fault}" in [each["what"] for each in found if each["about"] == "records"]


def test_several_are_counted(atlas: Atlas, begun: Path) -> None:
    put_into_history(begun, "module", {"priority": "odd"}, every=True)
    assert "(and 2 more); see `atlas doctor`" in atlas("status").stderr


def put_into_history(folder: Path, kind: str, change: dict[str, Any], every: bool = False) -> str:
    """Add a sound line that gives a record of this kind, or each one, other fields; returns the key of the first."""
    rows: dict[str, Any] = records(folder)[KINDS[kind].section]
    keys = list(rows) if every else list(rows)[:1]
    changed: dict[str, str | None] = {key: json.dumps({**rows[key], **change}) for key in keys}
    seq = json.loads(gate_of(folder).read_text(encoding="utf-8"))["seq"] + 1
    with history_of(folder).open("ab") as file:
        file.write(log.encode_entry(seq, "2026-01-01T00:00:00Z", None, "verb", {kind: changed}))
    return keys[0]
