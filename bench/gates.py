"""The hooks of whoever has a role: their literal commands, and what they add to a tool round in the real client."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from atlas.services.orchestration import assigning, reassigning

from . import turns
from .client_rounds import added
from .hooks import Run, environment, plugin_command, ratios
from .marks import Figure
from .project import LEAD, make_project

WORKER, NOBODY = "bench-worker", "bench-nobody"
SIZES = (1, 1_000)
SHELL_MARK, PYTHON_MARK, SIZE_MARK = 2.0, 1.6, 1.1
CLIENT_MARKS = {"without a role": 1.3, "with one": 1.5}


def measure(folder: Path) -> Iterator[Figure]:
    """A project without ATLAS; decisions at two sizes; the client with the plugin against hooks that do nothing."""
    env = environment(folder)
    plain = _repository(folder / "plain")
    for tool in ("Write", "Read"):
        (ratio,) = ratios("sh", [_run(tool, plain, NOBODY, env)])
        yield Figure(f"{tool}, project without ATLAS / sh -c :", ratio, SHELL_MARK)
    projects = [_project(folder / str(size), size) for size in SIZES]
    for who, tool in (("a worker", "Write"), ("a worker", "Bash"), ("the lead", "Write")):
        small, large = ratios("python3", [_decision(who, tool, project, env) for project in projects])
        yield Figure(f"{tool} by {who}, 1 module / python3 -I -S -c pass", small, PYTHON_MARK)
        yield Figure(f"{tool} by {who}, 1,000 modules / python3 -I -S -c pass", large, PYTHON_MARK)
        yield Figure(f"{tool} by {who}, 1,000 modules / 1 module", large / small, SIZE_MARK)
    yield from turns.measure(projects[0], WORKER, env)
    for who, ratio in added(folder, plain, _workspace(projects[0])).items():
        yield Figure(f"milliseconds added to a tool round, {who}", ratio, CLIENT_MARKS[who])


def _decision(who: str, tool: str, project: Path, env: dict[str, str]) -> Run:
    return _run(tool, project, LEAD, env) if who == "the lead" else _run(tool, _workspace(project), WORKER, env)


def _run(tool: str, folder: Path, session: str, env: dict[str, str]) -> Run:
    """A call that goes ahead, whoever makes it."""
    given = {"command": "make test 2>&1 | tail -5 >notes.txt && git add --all && git status --short"}
    if tool != "Bash":
        given = {"file_path": str(folder / "docs" / "notes.md"), "content": "Something.\n"}
    call = {"tool_name": tool, "tool_input": given, "tool_use_id": "toolu_1", "cwd": str(folder)}
    event = {"hook_event_name": "PreToolUse", "session_id": session, **call}
    return Run(plugin_command("PreToolUse", tool), event, folder, env)


def _workspace(project: Path) -> Path:
    return project / ".claude" / "worktrees" / "m0"


def _project(folder: Path, size: int) -> Path:
    """A project of so many modules with a lead, and a worker that may edit m0 in its workspace."""
    from atlas.app import context_at
    from atlas.core.records.kinds import SETTINGS
    from atlas.services.project import settings

    project = make_project(folder, size)
    identity = ("-c", "user.name=Bench", "-c", "user.email=bench@localhost")
    subprocess.run(["git", *identity, "commit", "--quiet", "--allow-empty", "--message=Start"], cwd=project, check=True)
    context = context_at(str(project))
    if size == 1:
        reassigning.redispatch_module(context, "m0", "implementer-1", force=True)
    else:
        assigning.dispatch_module(context, "m0", "implementer-1")

    def prepare(tx: Any) -> None:
        tx.put(SETTINGS, {**settings.current_settings(tx), "gates": {"understanding": "off"}})

    context.store.transact("bench", lambda tx: {"role": "person", "agent": None, "session": None}, prepare)
    return project


def _repository(folder: Path) -> Path:
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    return folder
