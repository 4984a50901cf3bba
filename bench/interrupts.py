"""The interrupt monitor by the literal commands of its hooks, against a shell and a Python that do nothing."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from .hooks import ROOT, Run, environment, plugin_command, ratios
from .marks import Figure

SHELL_MARK, PYTHON_MARK = 2.0, 2.5
SESSION = "bench"
_CALL = {"session_id": SESSION, "tool_name": "Read", "tool_use_id": "toolu_1", "tool_input": {"file_path": "README.md"}}
_ITEM = {"id": "disc-000000000001", "severity": "critical", "stop": False, "words": "| Passwords are async.\n" * 10}


def measure(folder: Path) -> Iterator[Figure]:
    """A call with nothing to deliver; one that is stopped; the end of its batch. Of the plugin and of a workspace."""
    workspace = _make_workspace(folder / "project")
    desk = _Desk(folder, workspace)
    for kind in ("plugin", "workspace"):
        nothing = desk.ratio("sh", kind, "PreToolUse", desk.clear)
        yield Figure(f"call, nothing waits, {kind} / sh -c :", nothing, SHELL_MARK)
    elsewhere = desk.ratio("sh", "plugin", "PreToolUse", desk.put, cwd=folder / "project")
    yield Figure("call, waits for others, plugin / sh -c :", elsewhere, SHELL_MARK)
    for kind in ("plugin", "workspace"):
        stopped = desk.ratio("python3", kind, "PreToolUse", desk.put)
        yield Figure(f"call, stopped, {kind} / python3 -I -S -c pass", stopped, PYTHON_MARK)
        ended = desk.ratio("python3", kind, "PostToolBatch", desk.hand_over)
        yield Figure(f"batch, confirmed, {kind} / python3 -I -S -c pass", ended, PYTHON_MARK)


def _make_workspace(project: Path) -> Path:
    """A worktree with a monitor and a gate, and no state behind them."""
    subprocess.run(["git", "init", "--quiet", project], check=True)
    author = ("-c", "user.name=Bench", "-c", "user.email=bench@example.invalid")
    subprocess.run(["git", *author, "commit", "--quiet", "--allow-empty", "--message=Start"], cwd=project, check=True)
    workspace = project / ".claude" / "worktrees" / "bench"
    subprocess.run(["git", "worktree", "add", "--quiet", workspace], cwd=project, check=True)
    (workspace / ".claude" / "hooks").mkdir(parents=True)
    shutil.copy(ROOT / "hooks" / "generated" / "interrupt_monitor.py", workspace / ".claude" / "hooks")
    gates = project / ".git" / "atlas" / "gates"
    for kind in ("workspaces", "heartbeats"):
        (gates / kind).mkdir(parents=True)
    mine: dict[str, Any] = {"name": "bench", "folder": str(workspace.resolve()), "agent": "bench", "module": "bench"}
    mine |= {"task": None, "may_edit": True, "status": "in_progress"}
    gate: dict[str, Any] = {"mailbox": "bench", "version": 1, "role": "worker", "agent": "bench", "workspaces": [mine]}
    gate |= {"root": str(project.resolve()), "phase": "executing", "branch": None, "rules": {}, "paused": None}
    (gates / "workspaces" / "bench").write_text(json.dumps(gate), encoding="utf-8")
    return workspace


class _Desk:
    """Puts before the hooks of a workspace what they are to find, and runs them."""

    def __init__(self, folder: Path, workspace: Path) -> None:
        self._workspace, self._env = workspace, environment(folder)
        self._record = workspace.parents[2] / ".git" / "atlas" / "interrupts" / f"{workspace.name}.json"

    def _run(self, kind: str, name: str, cwd: Path) -> Run:
        from atlas.core import interrupts

        ended = {"tool_calls": [{**_CALL, "tool_response": f"[{_ITEM['id']}]"}]} if name == "PostToolBatch" else {}
        event = {**_CALL, "cwd": str(self._workspace), "hook_event_name": name, **ended}
        if kind == "plugin":
            return Run(plugin_command(name, "Read"), event, cwd, self._env)
        return Run(["sh", "-c", interrupts.monitor_hooks()[name][0]["hooks"][0]["command"]], event, cwd, self._env)

    def clear(self) -> None:
        """Nothing waits."""
        (self._workspace / ".INTERRUPT").unlink(missing_ok=True)
        self._record.unlink(missing_ok=True)

    def put(self) -> None:
        """Something waits, and nothing of it has been handed over."""
        self.clear()
        content = json.dumps({"version": 1, "workspace": self._workspace.name, "items": [_ITEM]})
        (self._workspace / ".INTERRUPT").write_text(content, encoding="utf-8")

    def hand_over(self) -> None:
        """Something has been handed over."""
        self.put()
        self._run("workspace", "PreToolUse", self._workspace).seconds()

    def ratio(self, base: str, kind: str, event: str, prepare: Callable[[], None], cwd: Path | None = None) -> float:
        """The median time of a hook over that of a `base` that does nothing."""
        return ratios(base, [self._run(kind, event, cwd or self._workspace)], prepare)[0]
