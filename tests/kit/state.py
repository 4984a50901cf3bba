"""A begun orchestration, and what is stored of it on disk."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

from atlas.core.records.rows import contents_of
from tests.support import PYTHON, SCRIPTS, run

LEAD, WORKER = "lead-1", "worker-1"


def begin_orchestration(folder: Path) -> Path:
    """Three modules, of which an AI agent works on `auth-core` and a person has `docs`; `board` is still free.

    Without workspaces, so that the folder can be copied as it is.
    """
    commands: list[tuple[str, ...]] = [
        ("plan", "Build a shop"),
        ("requirement", "add", "--name", "Auth core", "--criteria", "People can log in", "--check", "true"),
        ("requirement", "add", "--name", "Board", "--criteria", "It shows", "--depends-on", "auth-core"),
        ("requirement", "add", "--name", "Docs", "--criteria", "They help"),
        ("approve", "--no-checks"),
        ("start",),
        ("register", "ai", "helper"),
        ("register", "human", "dev-alice"),
        ("assign", "auth-core", "implementer-1", "--no-workspace"),
        ("assign", "docs", "dev-alice"),
    ]
    for command in commands:
        _succeed(folder, LEAD, *command)
    _succeed(folder, WORKER, "inbox", "implementer-1")
    _succeed(folder, LEAD, "report", "auth-core", "started")
    return folder


def _succeed(folder: Path, session: str, *command: str) -> None:
    done = run(PYTHON, SCRIPTS / "atlas_cli.py", *command, cwd=folder, env={"CLAUDE_CODE_SESSION_ID": session})
    assert done.returncode == 0, done.stderr


def history_of(folder: Path) -> Path:
    return folder / ".git" / "atlas" / "history.jsonl"


def gate_of(folder: Path) -> Path:
    return folder / ".git" / "atlas" / "gate.json"


def table_of(folder: Path, name: str = "PHASE_PROGRESS") -> Path:
    return folder / ".claude" / f"{name}.json"


def plan_of(folder: Path) -> Path:
    return folder / ".claude" / "orchestrator-plan-phase.local.md"


def records(folder: Path) -> dict[str, Any]:
    """All records by section and key, as the tables have them."""
    found: dict[str, Any] = {}
    for path in sorted((folder / ".claude").glob("*.json")):
        value = json.loads(path.read_text(encoding="utf-8"))
        found.update({section: content for section, content in value.items() if section != "atlas"})
    return found


def unnumbered_records(folder: Path) -> dict[str, Any]:
    """All records by section and key, but for the numbers of changes in them: a history that begins anew has others."""
    found = records(folder)
    for section in found.values():
        for row in section.values():
            row.update({name: None for name in ("seq", "ended_seq", "seen_seq", "lead_seq") if name in row})
    for assignment in found.get("assignments", {}).values():
        if assignment["reported"]:
            assignment["reported"]["seq"] = None
    return found


def whole_assignment(stored: dict[str, Any], task_uuid: str) -> Any:
    """An assignment with its rows, as answers show it."""
    found = {name: value for name, value in stored["assignments"][task_uuid].items() if name != "reported"}
    rows = {
        name: [contents_of(row) for row in stored.get(name, {}).values() if row["task_uuid"] == task_uuid]
        for name in ("reports", "polls", "questions")
    }
    verification = found["instruction_verification"]
    repeated = stored.get("repetitions", {}).get(verification["repetition"])
    repetition = contents_of(repeated) if repeated else None
    found["instruction_verification"] = {**verification, "repetition": repetition, "questions": rows["questions"]}
    found["progress_polling"] = {**found["progress_polling"], "poll_history": rows["polls"]}
    return {**found, "reports": rows["reports"]}


def kept_aside(folder: Path) -> list[bytes]:
    """What the folder `aside` holds."""
    aside = folder / ".git" / "atlas" / "aside"
    return [path.read_bytes() for path in sorted(aside.rglob("*")) if path.is_file()] if aside.is_dir() else []


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Mode and bytes of everything in a folder."""
    return {
        str(path.relative_to(folder)): (
            stat.S_IMODE(path.lstat().st_mode),
            path.read_bytes() if path.is_file() else b"",
        )
        for path in sorted(folder.rglob("*"))
    }
