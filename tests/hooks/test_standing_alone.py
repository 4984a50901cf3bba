"""The monitor that lies in workspaces, as the settings of a workspace run it: with no plugin, and nothing beside it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from atlas.core import interrupts
from tests.support import PYTHON, ROOT, git, make_repository, run

MONITOR = ROOT / "hooks/generated/interrupt_monitor.py"
ITEM = {"id": "disc-000000000001", "severity": "critical", "stop": False, "words": "| Look out."}
CALL = {"session_id": "session-1", "tool_name": "Read", "tool_use_id": "toolu_1", "tool_input": {"file_path": "a"}}


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A worktree in which nothing of ATLAS lies but the monitor and something that waits."""
    folder = make_repository(tmp_path / "a project") / ".claude/worktrees/api"
    git(tmp_path / "a project", "worktree", "add", "--quiet", str(folder))
    (folder / ".claude/hooks").mkdir(parents=True)
    shutil.copy(MONITOR, folder / ".claude/hooks")
    waiting = json.dumps({"version": 1, "workspace": "api", "items": [ITEM]})
    (folder / interrupts.INTERRUPT_FILE).write_text(waiting, encoding="utf-8")
    return folder


def fire(workspace: Path, name: str, **fields: Any) -> dict[str, Any]:
    """What the workspace's own hook answers at an event."""
    (entry,) = interrupts.monitor_hooks()[name]
    event = {**CALL, "hook_event_name": name, "cwd": str(workspace), **fields}
    env = {"CLAUDE_PROJECT_DIR": str(workspace), "PATH": f"{os.path.dirname(PYTHON)}:{os.environ['PATH']}"}
    done = run("/bin/sh", "-c", entry["hooks"][0]["command"], cwd=workspace, env=env, stdin=json.dumps(event))
    assert (done.returncode, done.stderr) == (0, "")
    answer: dict[str, Any] = json.loads(done.stdout or "{}")
    return answer


def test_it_stops_a_call_and_leaves_a_receipt(workspace: Path) -> None:
    own = fire(workspace, "PreToolUse")["hookSpecificOutput"]
    assert own["permissionDecision"] == "deny"
    assert "\n| Look out." in own["permissionDecisionReason"]
    call = {**CALL, "tool_response": f"Hook error: {own['permissionDecisionReason']} [{ITEM['id']}]"}
    assert fire(workspace, "PostToolBatch", tool_calls=[call]) == {}
    assert not (workspace / interrupts.INTERRUPT_FILE).exists()
    spool = workspace.parents[2] / ".git/atlas/spool/session-1.jsonl"
    (fact,) = [json.loads(line) for line in spool.read_text(encoding="utf-8").splitlines() if line]
    assert (fact["fact"], fact["discovery"], fact["workspace"]) == ("receipt", ITEM["id"], "api")
    assert fire(workspace, "PreToolUse") == {}


def test_it_imports_next_to_nothing_and_nothing_of_atlas(tmp_path: Path) -> None:
    shutil.copy(MONITOR, tmp_path)
    ask = "import sys; sys.path[:0] = ['.']; import interrupt_monitor; print(*sys.modules)"
    done = run(PYTHON, "-I", "-S", "-c", ask, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert not loaded & {"hooks", "atlas", "typing", "re", "enum", "json", "collections", "contextlib", "subprocess"}
