"""The interrupt monitor by the literal commands of its hooks, against a shell and a Python that do nothing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from .marks import Figure

ROOT = Path(__file__).resolve().parent.parent
SHELL_MARK, PYTHON_MARK = 2.0, 2.5
ROUNDS = {"sh": 200, "python3": 60}
_CALL = {"session_id": "bench", "tool_name": "Bash", "tool_use_id": "toolu_1", "tool_input": {"command": "make"}}
_ITEM = {"id": "disc-000000000001", "severity": "critical", "stop": False, "words": "| Passwords are async.\n" * 10}


def measure(folder: Path) -> Iterator[Figure]:
    """A call with nothing to deliver; one that is stopped; the end of its batch. Of the plugin and of a workspace."""
    workspace = _make_workspace(folder / "project")
    hooks = _Hooks(folder, workspace)
    for kind in ("plugin", "workspace"):
        nothing = hooks.ratio("sh", hooks.command(kind, "PreToolUse"), prepare=hooks.clear)
        yield Figure(f"call, nothing waits, {kind} / sh -c :", nothing, SHELL_MARK)
    elsewhere = hooks.ratio("sh", hooks.command("plugin", "PreToolUse"), prepare=hooks.put, cwd=folder / "project")
    yield Figure("call, waits for others, plugin / sh -c :", elsewhere, SHELL_MARK)
    for kind in ("plugin", "workspace"):
        stopped = hooks.ratio("python3", hooks.command(kind, "PreToolUse"), prepare=hooks.put)
        yield Figure(f"call, stopped, {kind} / python3 -I -S -c pass", stopped, PYTHON_MARK)
        ended = hooks.ratio("python3", hooks.command(kind, "PostToolBatch"), prepare=hooks.hand_over)
        yield Figure(f"batch, confirmed, {kind} / python3 -I -S -c pass", ended, PYTHON_MARK)


def _make_workspace(project: Path) -> Path:
    subprocess.run(["git", "init", "--quiet", project], check=True)
    author = ("-c", "user.name=Bench", "-c", "user.email=bench@example.invalid")
    subprocess.run(["git", *author, "commit", "--quiet", "--allow-empty", "--message=Start"], cwd=project, check=True)
    workspace = project / ".claude" / "worktrees" / "bench"
    subprocess.run(["git", "worktree", "add", "--quiet", workspace], cwd=project, check=True)
    (workspace / ".claude" / "hooks").mkdir(parents=True)
    shutil.copy(ROOT / "hooks" / "interrupt_monitor.py", workspace / ".claude" / "hooks")
    (project / ".git" / "atlas").mkdir()
    return workspace


class _Hooks:
    """Runs the hooks' commands in a workspace, and puts before them what they are to find."""

    def __init__(self, folder: Path, workspace: Path) -> None:
        self._folder, self._workspace = folder, workspace
        self._record = workspace.parents[2] / ".git" / "atlas" / "interrupts" / f"{workspace.name}.json"
        (folder / "bin").mkdir()
        (folder / "bin" / "python3").symlink_to(getattr(sys, "_base_executable", sys.executable))
        self._env = {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "CLAUDE_PLUGIN_ROOT": str(ROOT)}
        self._event("PreToolUse", {})
        self._event("PostToolBatch", {"tool_calls": [{**_CALL, "tool_response": f"[{_ITEM['id']}]"}]})

    def _event(self, name: str, more: dict[str, object]) -> None:
        event = {**_CALL, "cwd": str(self._workspace), "hook_event_name": name, **more}
        (self._folder / name).write_text(json.dumps(event), encoding="utf-8")

    def command(self, kind: str, event: str) -> tuple[str, str]:
        """A hook's command, and its event."""
        from atlas.core import interrupts

        plugin = json.loads((ROOT / "hooks" / "hooks.json").read_text(encoding="utf-8"))["hooks"]
        hooks = plugin if kind == "plugin" else interrupts.hooks()
        return hooks[event][0]["hooks"][0]["command"], event

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
        self._seconds(["sh", "-c", self.command("plugin", "PreToolUse")[0]], "PreToolUse", self._workspace)

    def ratio(self, base: str, hook: tuple[str, str], prepare: Callable[[], None], cwd: Path | None = None) -> float:
        """The median time of a hook over that of a `base` that does nothing, run in turn."""
        nothing = ["sh", "-c", ":"] if base == "sh" else ["python3", "-I", "-S", "-c", "pass"]
        folder, (command, event) = cwd or self._workspace, hook
        times: list[tuple[float, float]] = []
        for _ in range(ROUNDS[base]):
            prepare()
            ours = self._seconds(["sh", "-c", command], event, folder)
            times.append((ours, self._seconds(nothing, event, folder)))
        return median(ours for ours, _ in times) / median(theirs for _, theirs in times)

    def _seconds(self, command: list[str], event: str, folder: Path) -> float:
        environment = {**self._env, "CLAUDE_PROJECT_DIR": str(folder)}
        with open(self._folder / event, encoding="utf-8") as stdin:
            began = time.perf_counter()
            subprocess.run(command, cwd=folder, env=environment, stdin=stdin, stdout=subprocess.DEVNULL, check=True)
            return time.perf_counter() - began
