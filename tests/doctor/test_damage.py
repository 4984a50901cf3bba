"""`atlas doctor` on real damage: it is named, and mended without losing anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Atlas
from tests.kit.state import LEAD, gate_of, history_of, kept_aside, plan_of, table_of, unnumbered_records

from .damage import HISTORIES, TABLES, assert_whole, doctor, found, found_at_rest, lines_of, put_folder


@pytest.mark.parametrize("name", [*TABLES, *HISTORIES])
def test_damage_is_named_and_mended(atlas: Atlas, begun: Path, name: str) -> None:
    damage, named = {**TABLES, **HISTORIES}[name]
    expected = unnumbered_records(begun)
    plan = plan_of(begun).read_bytes()
    damage(begun)
    damaged_history = history_of(begun).read_bytes() if history_of(begun).exists() else b""
    left = found_at_rest(begun)

    assert any(named in line for line in found(doctor(atlas, exit_code=1))), "the doctor names it"
    assert found_at_rest(begun) == left, "looking changes nothing"

    result = doctor(atlas, "--repair", session=LEAD)
    assert result["mended"]
    assert (found(result), found(result, "warning")) == ([], [])
    assert plan_of(begun).read_bytes() == plan
    if name in HISTORIES:
        assert len(lines_of(history_of(begun))) == 1
        kept = [damaged_history] if damaged_history else []
        assert kept_aside(begun) == kept, "the damaged history is kept whole; the tables live on and need not be"
    else:
        assert history_of(begun).read_bytes() == damaged_history, "a sound history is left as it is"
    assert_whole(atlas, begun, expected)


@pytest.mark.parametrize("name", ["table truncated", "table nonsense", "table edited", "gate nonsense"])
def test_found_text_is_kept_aside(atlas: Atlas, begun: Path, name: str) -> None:
    TABLES[name][0](begun)
    text = (gate_of if name.startswith("gate") else table_of)(begun).read_bytes()
    doctor(atlas, "--repair")
    assert text in kept_aside(begun)


def test_a_folder_in_a_tables_place_is_kept_aside(atlas: Atlas, begun: Path) -> None:
    put_folder(table_of(begun))
    doctor(atlas, "--repair")
    assert kept_aside(begun) == [b"not ATLAS's"]


@pytest.mark.parametrize("name", [*TABLES])
def test_the_next_command_mends_it_too(atlas: Atlas, begun: Path, name: str) -> None:
    expected = unnumbered_records(begun)
    TABLES[name][0](begun)
    done = atlas("modify", "prioritize", "board", "--priority", "low")
    assert done.returncode == 0, done.stderr
    expected["modules"]["board"]["priority"] = "low"
    assert unnumbered_records(begun) == expected


@pytest.mark.parametrize(
    "name", ["end cut off", "emptied", "deleted", "deleted with the gate", "end cut off, gate deleted"]
)
def test_no_command_goes_on_from_a_history_that_lost_something(atlas: Atlas, begun: Path, name: str) -> None:
    HISTORIES[name][0](begun)
    left = found_at_rest(begun)
    for command in (["notify", "implementer-1", "--subject", "S", "--message", "M"], ["plan", "--abandon", "Another"]):
        done = atlas(*command)
        assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
        assert "doctor --repair" in done.stderr or "no orchestration" in done.stderr
    assert found_at_rest(begun) == left
