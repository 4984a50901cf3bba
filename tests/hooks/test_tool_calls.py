"""Whose rules a call is put before, by the literal hook command, and what the hook leaves behind."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from atlas.core.guard import tool_call
from atlas.core.records.facts import session_record
from atlas.core.records.kinds import ASSIGNMENT, SESSION, SETTINGS, WORKFLOW, WORKSPACE
from atlas.services.project import settings
from tests.kit.caller import Caller
from tests.kit.calls import FREE, dispatch, judged, lead, subagent, task_of, worker, write
from tests.kit.sessions import matches
from tests.kit.team import LEAD, Team
from tests.support import ROOT, git


def decisions(team: Team, session: str) -> dict[str, int]:
    """How often each rule decided something in a session."""
    found = team.context().store.read(lambda tx: tx.get(SESSION, session))
    return found["decisions"] if found else {}


def choose(team: Team, **verdicts: str) -> None:
    """Have rules come to something else than the default."""
    team.put(lambda tx: tx.put(SETTINGS, {**settings.current_settings(tx), "gates": verdicts}))


# Which hook


def matchers() -> list[str]:
    hooks = json.loads((ROOT / "hooks/hooks.json").read_text(encoding="utf-8"))["hooks"]["PreToolUse"]
    return [entry["matcher"] for entry in hooks]


def test_every_tool_has_one_hook_and_the_first_is_for_what_the_rules_are_about() -> None:
    ruled = {*tool_call.WRITING_TOOLS, *tool_call.SHELL_TOOLS, *tool_call.DISPATCHING_TOOLS}
    assert set(matchers()[0].split("|")) == ruled
    for tool in (*ruled, "Read", "Bashful", "TodoWrite", "AgentOutput", "mcp__files__Write", "WebFetch", "x" * 200):
        assert [matches(matcher, tool) for matcher in matchers()] == [tool in ruled, tool not in ruled]


@pytest.mark.parametrize("tool", ["Read", "WebFetch", "mcp__files__Write"])
def test_other_tools_start_no_python(team: Team, tool: str) -> None:
    for caller in (worker(team), lead(team)):
        assert judged(caller, tool, env={"PATH": "/nowhere"}, file_path="/etc/passwd") == FREE


# Who


def test_a_worker_is_held_to_its_workspace(team: Team) -> None:
    (team.workspace("api") / "out").symlink_to(team.root)
    for path in (team.root / "a.py", team.workspace("core") / "a.py", team.workspace("api") / "out/a.py"):
        assert write(worker(team), path)[:2] == ("deny", "outside")
    assert write(worker(team), team.workspace("api") / "src/a.py") == FREE
    assert judged(worker(team), "Bash", command="echo x >../core-ws/a.py")[:2] == ("deny", "outside")
    assert judged(worker(team), "Bash", command="echo x >a.py") == FREE


@pytest.mark.parametrize("tool", ["Edit", "MultiEdit", "NotebookEdit"])
def test_every_writing_tool_is_looked_at(team: Team, tool: str) -> None:
    field = "notebook_path" if tool == "NotebookEdit" else "file_path"
    for path, said in ((str(team.root / "a.ipynb"), ("deny", "outside")), ("a.ipynb", FREE[:2])):
        given: dict[str, Any] = {field: path}
        assert judged(worker(team), tool, **given)[:2] == said


def test_a_workers_session_is_one_wherever_it_goes(team: Team, tmp_path: Path) -> None:
    for folder in (team.workspace("api") / "src", team.root / ".claude/workspaces/api-ws"):
        folder.parent.mkdir(exist_ok=True)
        folder.mkdir() if folder.name == "src" else folder.symlink_to(team.workspace("api"))
        assert write(Caller(folder), team.root / "a.py").rule == "outside"
    wandering = Caller(tmp_path, began=team.workspace("api"))
    assert write(wandering, team.root / "a.py").rule == "outside"

    def bind(tx: Any) -> None:
        tx.put(SESSION, {**session_record(tx, "bound"), "agent": "ben"})

    team.put(bind)
    bound = Caller(team.root, session="bound")
    assert write(bound, team.root / "a.py").rule == "outside"
    assert write(bound, team.workspace("api") / "a.py") == FREE


def test_a_workers_helper_is_held_as_the_worker_is(team: Team) -> None:
    for kind in ("Explore", "atlas:worker"):
        helper = Caller(team.workspace("api"), agent="helper", agent_type=kind)
        assert write(helper, team.root / "a.py").rule == "outside"
        assert write(helper, team.workspace("api") / "a.py") == FREE


def test_who_may_not_edit_yet_and_whose_work_is_over(team: Team) -> None:
    def unverify(tx: Any) -> None:
        assignment = tx.get(ASSIGNMENT, task_of(team, "api"))
        assignment["instruction_verification"].update(status="awaiting_repetition", authorized_at=None)
        tx.put(ASSIGNMENT, assignment)

    team.put(unverify)
    assert write(worker(team), team.workspace("api") / "a.py")[:2] == ("deny", "understanding")
    assert dispatch(team, "api")[:2] == ("deny", "dispatch")
    assert not list((team.atlas / "gates").glob("dispatched/*"))
    choose(team, understanding="off")
    assert write(worker(team), team.workspace("api") / "a.py") == FREE
    choose(team)
    task = task_of(team, "core")
    assert write(worker(team, "core"), team.workspace("core") / "a.py") == FREE
    team.put(lambda tx: tx.patch(ASSIGNMENT, tx.get(ASSIGNMENT, task), status="released"))
    assert write(worker(team, "core"), team.workspace("core") / "a.py").verdict == "deny"


def test_the_lead_is_asked_before_it_does_others_work(team: Team) -> None:
    for path in (team.root / "a.py", team.workspace("api") / "a.py"):
        assert write(lead(team), path)[:2] == ("ask", "delegate")
    assert write(lead(team), team.root / "docs/a.md") == FREE
    assert write(lead(team), team.atlas / "history.jsonl")[:2] == ("deny", "state")
    choose(team, delegate="deny")
    assert write(lead(team), team.root / "a.py")[:2] == ("deny", "delegate")


@pytest.mark.parametrize("session", ["somebody", "", "/", "../workspaces/api-ws", "..", LEAD.upper(), "x" * 300])
def test_any_other_session_is_free(team: Team, session: str) -> None:
    for agent in ("", "helper"):
        caller = Caller(team.root, session=session, agent=agent)
        for path in (team.root / "a.py", team.atlas / "history.jsonl", team.workspace("api") / "a.py"):
            assert write(caller, path) == FREE
    assert not (team.atlas / "spool").exists()


def test_a_role_ends_with_the_record_of_it(team: Team) -> None:
    def end(tx: Any) -> None:
        tx.patch(WORKFLOW, tx.only(WORKFLOW), lead=None)
        tx.patch(WORKSPACE, tx.get(WORKSPACE, "api-ws"), status="abandoned", removed_at=tx.at)

    team.put(end)
    assert write(lead(team), team.root / "a.py") == FREE
    assert write(worker(team), team.root / "a.py") == FREE


def test_while_the_gates_are_lifted_nothing_is_refused_but_interrupts_come(team: Team) -> None:
    pause = {"at": "2026-01-01T00:00:00Z", "until": None, "reason": "x", "by": "person"}
    team.put(lambda tx: tx.patch(WORKFLOW, tx.only(WORKFLOW), paused=pause))
    for caller in (lead(team), worker(team), subagent(team)):
        assert write(caller, team.root / "a.py") == FREE
        assert caller.fire("PreToolUse", b"nonsense").stdout == b""
    team.find("Look out.")
    assert "Look out." in write(worker(team), team.workspace("api") / "a.py").words
    over = {**pause, "until": "2026-01-02T00:00:00Z"}
    team.put(lambda tx: tx.patch(WORKFLOW, tx.only(WORKFLOW), paused=over))
    assert write(lead(team), team.root / "a.py").rule == "delegate"


# What comes first


def test_something_critical_comes_before_a_refusal_and_that_before_a_note(team: Team) -> None:
    team.find("By the way.", severity="important")
    refused = write(worker(team), team.root / "a.py")
    assert refused.rule == "outside"
    assert "By the way." not in refused.words
    team.find("Look out.")
    words = write(worker(team), team.root / "a.py").words
    assert "Look out." in words
    assert "outside" not in words


# What is left behind


def test_refusals_are_counted_and_the_rest_is_not(team: Team) -> None:
    for path in ("a.py", "b.py"):
        write(worker(team), team.root / path)
    write(worker(team), team.workspace("api") / "a.py")
    write(lead(team), team.root / "a.py")
    assert decisions(team, "worker-1") == {"outside": 2}
    assert decisions(team, LEAD) == {"delegate": 1}


def test_each_call_leaves_a_heartbeat_where_it_is_made(team: Team) -> None:
    beats = team.atlas / "gates/heartbeats"
    assert list(beats.iterdir()) == []
    for caller, tool, names in (
        (lead(team), "Read", {LEAD}),
        (worker(team), "Write", {"worker-1", "workspace-api-ws"}),
    ):
        for _ in range(2):
            judged(caller, tool, file_path="a.py")
            now = {file.name: file.stat().st_mtime_ns for file in beats.iterdir()}
            assert {name for name in now if now[name]} == names
            for file in beats.iterdir():
                os.utime(file, ns=(0, 0))
        for file in beats.iterdir():
            file.unlink()


# Subagents


def test_a_worker_subagent_writes_nowhere_until_its_first_step_in_the_workspace(team: Team) -> None:
    assert dispatch(team, "api") == FREE
    mine = subagent(team)
    for path in (team.root / "a.md", team.workspace("core") / "a.py"):
        assert write(mine, path)[:2] == ("deny", "unbound")
    assert judged(mine, "Read", file_path=str(team.workspace("api") / ".claude/WORKER_CONTEXT.json")) == FREE
    assert write(mine, team.root / "a.md")[:2] == ("deny", "outside")
    assert write(mine, team.workspace("api") / "a.py") == FREE
    assert write(mine, team.workspace("core") / "a.py").rule == "outside"
    workspace = team.context().store.read(lambda tx: tx.get(WORKSPACE, "api-ws"))
    assert workspace is not None
    assert workspace["subagent"] == "a0b1c2"
    assert (team.atlas / "gates/heartbeats/workspace-api-ws").exists()
    assert write(lead(team), team.root / "a.md") == FREE


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("Write", {"file_path": "{}/a.py", "content": ""}),
        ("Read", {"file_path": ".claude/worktrees/api-ws/README.md"}),
        ("Grep", {"pattern": "x", "path": ".claude/workspaces/api-ws"}),
        ("NotebookEdit", {"notebook_path": "{}/a.ipynb"}),
        ("Bash", {"command": "cd '{}' && make"}),
        ("Bash", {"command": "git -C .claude/worktrees/api-ws status"}),
    ],
)
def test_any_step_that_names_the_workspace_binds(team: Team, tool: str, arguments: dict[str, Any]) -> None:
    (team.root / ".claude/workspaces").mkdir()
    (team.root / ".claude/workspaces/api-ws").symlink_to(team.workspace("api"))
    dispatch(team, "api")
    mine = subagent(team)
    given = {name: value.replace("{}", str(team.workspace("api"))) for name, value in arguments.items()}
    said = judged(mine, tool, **given)
    assert said == FREE, said
    assert (team.atlas / "gates/subagents/a0b1c2").read_text() == f"api-ws {task_of(team, 'api')}\n"
    assert not list((team.atlas / "gates/dispatched").iterdir())


def test_a_folder_that_only_begins_alike_binds_nobody(team: Team) -> None:
    dispatch(team, "api")
    for folder in ("api-ws-2", "api-w"):
        judged(subagent(team), "Bash", command=f"ls .claude/worktrees/{folder}")
    assert not (team.atlas / "gates/subagents").exists()


def test_while_others_are_expected_a_step_elsewhere_binds_nobody(team: Team) -> None:
    dispatch(team, "api")
    dispatch(team, "ui")
    judged(subagent(team), "Read", file_path=str(team.workspace("core") / "README.md"))
    assert not (team.atlas / "gates/subagents").exists()
    for module, name in (("ui", "a1"), ("api", "a2")):
        assert write(subagent(team, name=name), team.workspace(module) / "a.py") == FREE
    assert write(subagent(team, name="a1"), team.workspace("api") / "a.py").rule == "outside"
    judged(subagent(team, name="late"), "Bash", command=f"cd '{team.workspace('core')}'")
    assert write(subagent(team, name="late"), team.workspace("core") / "a.py") == FREE


def test_another_kind_of_subagent_is_bound_only_when_it_was_dispatched_for_it(team: Team) -> None:
    helper = subagent(team, "Explore", "a1")
    dispatch(team, "api", "general-purpose")
    judged(helper, "Read", file_path=str(team.workspace("api") / "README.md"))
    assert write(helper, team.root / "a.md") == FREE
    assert write(helper, team.workspace("api") / "a.py")[:2] == ("ask", "delegate")
    hired = subagent(team, "general-purpose", "a2")
    assert write(hired, team.workspace("api") / "a.py") == FREE
    assert write(hired, team.root / "a.md").rule == "outside"


def test_a_note_that_nobody_came_for_is_forgotten(team: Team) -> None:
    dispatch(team, "api", "general-purpose")
    (note,) = (team.atlas / "gates/dispatched").iterdir()
    os.utime(note, (0, 0))
    helper = subagent(team, "general-purpose")
    judged(helper, "Read", file_path=str(team.workspace("api") / "README.md"))
    assert not note.exists()
    assert write(helper, team.root / "a.md") == FREE


def test_two_first_steps_at_once_bind_once(team: Team) -> None:
    for module in ("api", "ui"):
        dispatch(team, module)

    def step(module: str) -> str:
        return write(subagent(team), team.workspace(module) / "a.py").verdict

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(step, ["api", "ui"] * 4))
    name, _ = (team.atlas / "gates/subagents/a0b1c2").read_text().split()
    assert sorted(said) == ["allow"] * 4 + ["deny"] * 4
    assert step(name.removesuffix("-ws")) == "allow"


def test_who_was_bound_to_a_workspace_that_is_gone_writes_nowhere(team: Team) -> None:
    dispatch(team, "api")
    write(subagent(team), team.workspace("api") / "a.py")
    team.put(lambda tx: tx.patch(WORKSPACE, tx.get(WORKSPACE, "api-ws"), status="abandoned", removed_at=tx.at))
    assert write(subagent(team), team.root / "a.md")[:2] == ("deny", "unbound")
    assert list((team.atlas / "gates/subagents").iterdir()) == []


@pytest.mark.parametrize("name", ["../../../x", "a/b", ".", "x" * 300, "a b"])
def test_a_name_that_is_none_binds_nobody(team: Team, name: str) -> None:
    dispatch(team, "api")
    mine = subagent(team, name=name)
    assert write(mine, team.workspace("api") / "a.py")[:2] == ("deny", "unbound")
    assert not (team.atlas / "gates/subagents").exists()


def test_a_subagent_started_for_nothing_that_is_live(team: Team) -> None:
    for prompt in ("Do it.", "Do task-ffffffffffff."):
        said = judged(lead(team), "Agent", prompt=prompt, subagent_type="atlas:worker", description="x")
        assert said[:2] == ("deny", "dispatch")
    assert judged(lead(team), "Agent", prompt="Look around.", description="x") == FREE


def test_a_repository_that_was_moved_has_its_rules(team: Team, tmp_path: Path) -> None:
    moved = team.root.rename(tmp_path / "moved away")
    git(moved, "worktree", "repair", *(str(path) for path in (moved / ".claude/worktrees").iterdir()))
    mine = Caller(moved / ".claude/worktrees/api-ws")
    assert write(mine, moved / "a.py").rule == "outside"
    assert write(mine, moved / ".claude/worktrees/api-ws/a.py") == FREE
