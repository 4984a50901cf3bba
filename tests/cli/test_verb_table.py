"""The table of verbs: its rows agree with one another and with the modules that they name."""

from __future__ import annotations

import shlex

import pytest

from atlas.cli.main import parser_of_verb
from atlas.core.rules.verb_permissions import ALLOWED, READING
from atlas.core.verbs import ANYONE, INTERNAL, LEADERS, PEOPLE, TENDING, UNASKED, VERBS, Verb, roles_of
from tests.support import PYTHON, SCRIPTS, run

ROWS = pytest.mark.parametrize("row", VERBS.values(), ids=VERBS)


@ROWS
def test_the_example_of_a_verb_is_a_call_that_it_takes(row: Verb) -> None:
    name, verb, *arguments = shlex.split(row.example)
    assert (name, verb) == ("atlas", row.name)
    parser_of_verb(row.name).parse_args(arguments)


@ROWS
def test_a_row_says_who_may_use_the_verb(row: Verb) -> None:
    assert row.roles in (ANYONE, LEADERS, PEOPLE, TENDING, INTERNAL, UNASKED)
    assert row.roles == ANYONE or not row.reports
    assert all(name not in VERBS for name, _ in row.forms)


def test_no_two_rows_have_a_name_a_door_or_a_module_in_common() -> None:
    for of in ("name", "script", "module"):
        assert len({getattr(row, of) for row in VERBS.values()}) == len(VERBS)
    modules = (SCRIPTS / "atlas/cli").glob("*.py")
    assert {path.stem for path in modules if "def configure(" in path.read_text(encoding="utf-8")} == {
        row.module for row in VERBS.values()
    }


def test_roles_follow_from_the_rows() -> None:
    decisions = {"pause", "configure-gates", "configure-workspaces", "configure-checks", "complete-override"}
    assert decisions <= ALLOWED["person"] - ALLOWED["lead"]
    assert {"repair", "configure", "assign"} <= ALLOWED["lead"] - ALLOWED["worker"]
    assert {"report", "discover"} <= ALLOWED["worker"] - READING
    assert {"plan-status", "status", "history", "check-plan", "check", "inbox", "conflicts"} <= READING
    assert {"doctor", "settings"} <= READING
    assert roles_of("supervise") == INTERNAL
    assert ALLOWED["atlas"] == {"check-agents", "listen", "deliver", "receive", "settle", "supervise"}
    assert roles_of("env") is roles_of("no-such-verb") is UNASKED


def test_what_is_shown_to_the_person_alone() -> None:
    shown = {row.name for row in VERBS.values() if row.slash and row.slash.shown}
    assert {"plan-status", "status", "inbox", "history", "pause"} <= shown
    assert not {"assign", "complete", "doctor", "update"} & shown


def test_reading_the_table_imports_nothing_else() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import atlas.core; before = set(sys.modules);"
        "import atlas.core.verbs; print(*sorted(set(sys.modules) - before))"
    )
    assert run(PYTHON, "-I", "-S", "-c", code, SCRIPTS).stdout.split() == ["__future__", "atlas.core.verbs"]
