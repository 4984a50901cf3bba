"""Ways to damage what is stored, and what the doctor says of it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.conftest import Atlas
from tests.kit.state import gate_of, history_of, plan_of, snapshot, table_of, unnumbered_records

Damage = Callable[[Path], object]


def doctor(atlas: Atlas, *arguments: str, exit_code: int = 0, **options: Any) -> dict[str, Any]:
    done = atlas("doctor", "--json", *arguments, **options)
    assert done.returncode == exit_code, done.stdout + done.stderr
    assert done.stderr == ""
    result: dict[str, Any] = json.loads(done.stdout)["result"]
    return result


def found(result: dict[str, Any], level: str = "problem") -> list[str]:
    return [f"{f['about']}: {f['what']}" for f in result["findings"] if f["level"] == level]


def found_at_rest(folder: Path) -> dict[str, tuple[int, bytes]]:
    """What must not change when the doctor only looks; the lock's own file is touched by whoever takes the lock."""
    return {name: content for name, content in snapshot(folder).items() if name != ".git/atlas/lock"}


def lines_of(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def assert_whole(atlas: Atlas, folder: Path, expected: dict[str, Any]) -> None:
    """The state opens, holds these records, equals its history, and takes another change."""
    assert unnumbered_records(folder) == expected
    assert atlas("history").returncode == 0
    assert atlas("status", "--json").returncode == 0
    assert atlas("notify", "implementer-1", "--subject", "S", "--message", "M").returncode == 0
    assert found(doctor(atlas)) == found(doctor(atlas), "warning") == []


def truncate(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def put_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "precious").write_text("not ATLAS's")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def flip(folder: Path, line: int) -> None:
    """Change one bit in the middle of a line of the history."""
    lines = lines_of(history_of(folder))
    middle = len(lines[line - 1]) // 2
    damaged = bytearray(lines[line - 1])
    damaged[middle] ^= 1
    lines[line - 1] = bytes(damaged)
    history_of(folder).write_bytes(b"".join(lines))


def replace_lines(folder: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    history_of(folder).write_bytes(b"".join(change(lines_of(history_of(folder)))))


def lose_gate_and_end(folder: Path) -> None:
    gate_of(folder).unlink()
    replace_lines(folder, lambda lines: lines[:-3])


def lose_gate_and_history(folder: Path) -> None:
    gate_of(folder).unlink()
    history_of(folder).unlink()


TABLES: dict[str, tuple[Damage, str]] = {
    "table truncated": (lambda f: truncate(table_of(f)), "tables: PHASE_PROGRESS.json"),
    "table emptied": (lambda f: table_of(f).write_bytes(b""), "tables: PHASE_PROGRESS.json is not a table"),
    "table nonsense": (lambda f: table_of(f).write_bytes(b"\xff\x00no"), "tables: PHASE_PROGRESS.json is not a table"),
    "table deleted": (lambda f: table_of(f).unlink(), "tables: PHASE_PROGRESS.json is missing"),
    "table a folder": (lambda f: put_folder(table_of(f)), "tables: PHASE_PROGRESS.json is missing"),
    "table edited": (lambda f: edit(table_of(f), "in_progress", "complete"), "module auth-core differs"),
    "table reformatted": (lambda f: edit(table_of(f), "},\n", "}  ,\n"), "tables: PHASE_PROGRESS.json"),
    "agents deleted": (lambda f: table_of(f, "PARALLEL_STATUS").unlink(), "PARALLEL_STATUS.json is missing"),
    "all deleted": (lambda f: shutil.rmtree(f / ".claude"), "tables: MISSION_CONTEXT.json is missing"),
    "gate deleted": (lambda f: gate_of(f).unlink(), "gate: it is missing"),
    "gate nonsense": (lambda f: gate_of(f).write_bytes(b"{nonsense"), "gate: it is damaged"),
    "gate emptied": (lambda f: gate_of(f).write_bytes(b""), "gate: it is damaged"),
    "plan deleted": (lambda f: plan_of(f).unlink(), "plan: orchestrator-plan-phase.local.md is missing"),
}
HISTORIES: dict[str, tuple[Damage, str]] = {
    "byte flipped": (lambda f: flip(f, 5), "history: history line 5 is damaged"),
    "first line damaged": (lambda f: flip(f, 1), "history: history line 1 is damaged"),
    "last line damaged": (lambda f: flip(f, 12), "history: history line 12 is damaged"),
    "line deleted": (lambda f: replace_lines(f, lambda x: x[:5] + x[6:]), "history line 6: what comes before it"),
    "first line deleted": (lambda f: replace_lines(f, lambda x: x[1:]), "history line 1: what comes before it"),
    "lines joined": (
        lambda f: replace_lines(f, lambda x: [*x[:5], x[5].replace(b"\n", b" "), *x[6:]]),
        "history line 6 is damaged",
    ),
    "line repeated": (lambda f: replace_lines(f, lambda x: [*x[:6], *x[5:]]), "history line 7 repeats change 6"),
    "blank line": (lambda f: replace_lines(f, lambda x: [*x[:6], b"\n", *x[6:]]), "history line 7 is damaged"),
    "end cut off": (
        lambda f: replace_lines(f, lambda x: x[:-2]),
        "history: the history holds no sound line for changes 11",
    ),
    "cut within a line": (lambda f: truncate(history_of(f)), "bytes shorter than the last commit left it"),
    "emptied": (lambda f: history_of(f).write_bytes(b""), "no sound line for changes 1 to 12"),
    "nonsense": (lambda f: history_of(f).write_bytes(os.urandom(9999) + b"\n"), "history line 1 is damaged"),
    "deleted": (lambda f: history_of(f).unlink(), "no sound line for changes 1 to 12"),
    "deleted with the gate": (lose_gate_and_history, "no sound line for changes 1 to 12"),
    "deleted with everything beside it": (
        lambda f: shutil.rmtree(history_of(f).parent),
        "no sound line for changes 1 to 12",
    ),
    "end cut off, gate deleted": (lose_gate_and_end, "no sound line for changes 10 to 12"),
}
