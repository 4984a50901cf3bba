"""The pure part: what a scope covers, what a repetition gets wrong, when an agent may edit, and what comes next."""

from __future__ import annotations

from typing import Any

import pytest

from atlas.core.records.assignment import new_verification
from atlas.core.rules import understanding
from atlas.core.rules.understanding import Claim, compare_repetition, covers_path, may_edit, waits_for

AT = "2026-01-31T08:00:00Z"
MODULE: Any = {
    "id": "api",
    "acceptance_criteria": ["Requests work", "Errors are 4xx"],
    "scope": ["src/api/**", "docs/*.md"],
}
BOARD = Claim(
    "two", "board", ("src/board", "src/api/shared.py"), frozenset({"src/api/routes.py", "assets/logo/dark.svg"})
)


def repetition(*files: str, criteria: str = "c1 c2") -> Any:
    return {"criteria": criteria.split(), "files": list(files)}


@pytest.mark.parametrize(
    ("scope", "path", "is_covered"),
    [
        ("src", "src", True),
        ("src", "src/a.py", True),
        ("src", "source/a.py", False),
        ("src", "lib/src", False),
        ("./src/", "src/a.py", True),
        ("src/api.py", "src", False),
        ("src/*.py", "src/a.py", True),
        ("src/*.py", "src/deep/a.py", False),
        ("src/**/*.py", "src/deep/deeper/a.py", True),
        ("src/**/*.py", "src/a.py", True),
        ("src/**/*.py", "src/a.txt", False),
        ("**/test_*.py", "test_a.py", True),
        ("**/test_*.py", "a/b/test_a.py", True),
        ("**", "anything/at/all", True),
        ("**/**", "a", True),
        ("src/?.py", "src/ab.py", False),
        ("pages/[id].tsx", "pages/[id].tsx", True),
        ("pages/[id].tsx", "pages/i.tsx", False),
        ("Src", "src", False),
    ],
)
def test_what_a_scope_covers(scope: str, path: str, is_covered: bool) -> None:
    assert covers_path(scope, path) is is_covered


def test_a_pattern_made_to_be_slow_is_not() -> None:
    assert not covers_path("/".join(["**", "*a*a*a*a*a*a*b"] * 20), "/".join(["a" * 60] * 6))


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (repetition("src/api/a.py"), []),
        (repetition("src/api"), ["src/api is two's, who works on board"]),
        (repetition("docs/guide.md", criteria="c2 c1"), []),
        (repetition("src/api/a.py", criteria="c1"), ["c2 is missing: Errors are 4xx"]),
        (repetition("src/api/a.py", criteria="c1 c2 c3"), ["c3 is no criterion of api: it has c1, c2"]),
        (repetition("src/api/a.py", criteria="C1 c2"), ["C1 is no criterion", "c1 is missing"]),
        (repetition("setup.py"), ["setup.py is outside the scope of api: src/api/**, docs/*.md"]),
        (repetition("src"), ["src is outside the scope"]),
        (
            repetition("src/api/routes.py"),
            ["src/api/routes.py is two's, who works on board: leave it, or ask the lead"],
        ),
        (repetition("src/api/shared.py", "src/api/a.py"), ["src/api/shared.py is two's"]),
        (repetition("src/board/x.py"), ["src/board/x.py is outside the scope"]),
        (repetition("setup.py", criteria=""), ["c1 is missing", "c2 is missing", "setup.py is outside"]),
    ],
)
def test_what_a_repetition_gets_wrong(said: Any, found: list[str]) -> None:
    actual = compare_repetition(MODULE, said, [BOARD])
    assert len(actual) == len(found)
    assert [wanted for wanted, line in zip(found, actual, strict=True) if not line.startswith(wanted)] == []


def test_without_a_scope_anything_may_be_touched_but_what_is_anothers() -> None:
    module: Any = {**MODULE, "scope": []}
    said = repetition("setup.py", "src/board/x.py", "assets/logo", "assets/logo/dark.svg/x")
    whose = "is two's, who works on board: leave it, or ask the lead"
    assert compare_repetition(module, said, [BOARD]) == [
        f"{file} {whose}" for file in ("src/board/x.py", "assets/logo", "assets/logo/dark.svg/x")
    ]
    assert compare_repetition(module, said, []) == []


def test_what_the_modules_own_scope_names_is_its_own() -> None:
    module: Any = {**MODULE, "scope": ["./src/api/routes.py", "src/**"]}
    assert compare_repetition(module, repetition("src/api/routes.py"), [BOARD]) == []
    assert len(compare_repetition(module, repetition("src/api/shared.py"), [BOARD])) == 1


def verification(**fields: Any) -> Any:
    return {**new_verification(), **fields}


def assignment(kind: str = "ai", **fields: Any) -> Any:
    return {
        "agent": "one",
        "agent_type": kind,
        "module": "api",
        "status": "assigned",
        "instruction_verification": verification(**fields),
        "instruction_updates": [],
        "handover": None,
    }


@pytest.mark.parametrize(
    ("fields", "next_step"),
    [
        ({}, "repeat"),
        ({"repetition": "row"}, "judge"),
        ({"repetition": "row", "findings": ["no"]}, "repeat"),
        ({"repetition": "row", "correction": "no"}, "repeat"),
        ({"repetition": "row", "repetition_correct": True}, "authorize"),
        ({"repetition": "row", "questions_asked": 1}, "judge"),
        ({"repetition": "row", "repetition_correct": True, "questions_asked": 2, "questions_answered": 1}, "answer"),
        ({"repetition": "row", "repetition_correct": True, "questions_asked": 2, "questions_answered": 2}, "authorize"),
        ({"status": "verified", "authorized_at": AT, "questions_asked": 1}, "nothing"),
    ],
)
def test_what_comes_next(fields: Any, next_step: str) -> None:
    assert waits_for(verification(**fields)) == next_step


@pytest.mark.parametrize(
    ("who", "gates", "may"),
    [
        (assignment(), {}, False),
        (assignment("human"), {}, True),
        (assignment(status="verified", authorized_at=AT), {}, True),
        (assignment(status="verified"), {}, False),
        (assignment(status="questioning", authorized_at=AT), {}, False),
        (assignment(), {"understanding": "off"}, True),
        (assignment(), {"understanding": "ask"}, False),
        (assignment(), {"understanding": "nonsense", "outside": "off"}, False),
    ],
)
def test_who_may_edit(who: Any, gates: dict[str, str], may: bool) -> None:
    assert may_edit(who, gates) is may


def test_what_was_asked_survives_a_change_of_the_task_and_nothing_else_does() -> None:
    said = {"repetition": "task-repetition-1", "repetition_received": True, "repetition_correct": True, "attempts": 2}
    known = {"questions_asked": 3, "questions_answered": 2}
    before = verification(status="verified", authorized_at=AT, **said, **known)
    assert understanding.reopen_verification(before) == verification(**known)
