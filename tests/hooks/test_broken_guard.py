"""Broken on purpose, by the literal hook command: whoever has a role is refused or asked about, and nobody else is."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.kit.caller import Caller, command
from tests.kit.calls import BOUND, FREE, Verdict, event, judged, lead, subagent, verdict_of, worker, write
from tests.kit.team import Team
from tests.support import ROOT, run_read_only, wait_for

from .test_broken_monitor import EVENTS, shell_alone

UNDECIDED = ("ask", "undecided")


def everybody(team: Team) -> list[Caller]:
    return [lead(team), worker(team), subagent(team)]


def files(team: Team) -> dict[str, bytes]:
    """All that ATLAS has written, but what hooks leave behind."""
    found = [file for top in (team.atlas, team.root / ".claude") for file in top.rglob("*") if file.is_file()]
    left = ("spool", "heartbeats")
    return {str(file): file.read_bytes() for file in found if file.parent.name not in left}


# What the client says


@pytest.mark.parametrize("data", EVENTS.values(), ids=EVENTS.keys())
def test_a_broken_event_is_asked_about(team: Team, data: bytes) -> None:
    for caller in everybody(team):
        began = time.monotonic()
        assert verdict_of(caller.fire("PreToolUse", data))[:2] == UNDECIDED
        assert time.monotonic() - began < BOUND
    assert verdict_of(Caller(team.root, session="other").fire("PreToolUse", data)) == FREE


@pytest.mark.parametrize("field", ["tool_name", "tool_input", "cwd"])
@pytest.mark.parametrize("value", [None, 5, [], ["a"]])
def test_a_call_of_wrong_types_is_asked_about(team: Team, field: str, value: Any) -> None:
    for caller in everybody(team):
        whole = json.loads(event(caller, "Bash", command="echo x >/etc/x"))
        assert verdict_of(caller.fire("PreToolUse", json.dumps({**whole, field: value}).encode()))[:2] == UNDECIDED


@pytest.mark.parametrize("path", [5, ["a"], {"a": 1}])
def test_a_path_that_is_none_is_asked_about(team: Team, path: Any) -> None:
    assert judged(worker(team), "Write", file_path=path)[:2] == UNDECIDED


def test_a_refused_call_of_five_megabytes_is_refused(team: Team) -> None:
    said = judged(worker(team), "Write", file_path=str(team.root / "a.py"), content="x" * 5_000_000)
    assert said[:2] == ("deny", "outside")
    said = judged(worker(team), "Bash", command=f"echo '{'x' * 5_000_000}' >{team.root}/a.py")
    assert said.verdict in ("deny", "ask")


def test_an_event_that_never_ends_is_asked_about(team: Team) -> None:
    reader, writer = os.pipe()
    caller = worker(team)
    try:
        hook = ["/bin/sh", "-c", command("plugin", "PreToolUse", "Write")]
        environment = {**os.environ, **caller.env}
        done = subprocess.run(
            hook, cwd=caller.folder, env=environment, stdin=reader, capture_output=True, timeout=BOUND, check=False
        )
    finally:
        os.close(reader)
        os.close(writer)
    assert verdict_of(done)[:2] == UNDECIDED


# The state


def a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def a_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def holding(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    return lambda file: (file.write_bytes(change(file.read_bytes())), None)[1]


def with_fields(**fields: Any) -> Callable[[Path], None]:
    return holding(lambda data: json.dumps({**json.loads(data), **fields}).encode())


GATES = {
    "empty": holding(lambda data: b""),
    "truncated": holding(lambda data: data[: len(data) // 2]),
    "not UTF-8": holding(lambda data: b"\xff\xfe" + data),
    "two of them": holding(lambda data: data + data),
    "no object": holding(lambda data: b"[]"),
    "an empty object": holding(lambda data: b"{}"),
    "huge": holding(lambda data: b"x" * 5_000_000),
    "deeply nested": holding(lambda data: b"[" * 200_000),
    "a folder": a_folder,
    "a pipe": a_pipe,
    "of a later version": with_fields(version=2),
    "of no role": with_fields(role="king"),
    "of no phase": with_fields(phase=None),
    "workspaces that are none": with_fields(workspaces=5),
    "workspaces of numbers": with_fields(workspaces=[5]),
    "a workspace without a folder": with_fields(workspaces=[{"name": "api-ws", "status": "assigned"}]),
    "rules that are none": with_fields(rules="off"),
    "a pause that is none": with_fields(paused="yes"),
    "a pause without an end": with_fields(paused={}),
    "a root that is none": with_fields(root=7),
}


@pytest.mark.parametrize("harm", GATES.values(), ids=GATES.keys())
def test_a_broken_gate_is_asked_about(team: Team, harm: Callable[[Path], None]) -> None:
    for file in [*(team.atlas / "gates/sessions").iterdir(), *(team.atlas / "gates/workspaces").iterdir()]:
        harm(file)
    before = files(team)
    for caller in everybody(team):
        for path in (team.root / "a.py", team.workspace("api") / "a.py"):
            assert write(caller, path)[:2] == UNDECIDED
        assert judged(caller, "Bash", command="make")[:2] == UNDECIDED
    assert write(Caller(team.root, session="other"), team.root / "a.py") == FREE
    assert before.items() <= files(team).items()
    team.find()
    assert write(lead(team), team.root / "a.py")[:2] == ("ask", "delegate")
    assert write(worker(team, "core"), team.root / "a.py")[:2] == ("deny", "outside")


@pytest.mark.parametrize("harm", ["gone", "empty", "truncated", "a number", "made anew"])
def test_the_tables_may_be_broken_as_long_as_the_gates_are_there(team: Team, harm: str) -> None:
    for file in (team.root / ".claude").glob("*.json"):
        data = {"empty": b"", "truncated": file.read_bytes()[:40], "a number": b"5"}.get(harm)
        file.unlink() if data is None else file.write_bytes(data)
    (team.atlas / "gate.json").unlink()
    before = files(team)
    assert write(worker(team), team.root / "a.py")[:2] == ("deny", "outside")
    assert write(lead(team), team.root / "a.py")[:2] == ("ask", "delegate")
    assert write(Caller(team.root, session="other"), team.root / "a.py") == FREE
    assert before.items() <= files(team).items()


def test_without_any_gate_who_is_known_otherwise_is_asked_about(team: Team) -> None:
    context = team.workspace("api") / ".claude/WORKER_CONTEXT.json"
    context.parent.mkdir()
    context.write_text("{}")
    shutil.rmtree(team.atlas / "gates")
    for caller in everybody(team):
        assert write(caller, team.root / "a.py")[:2] == UNDECIDED
    for free in (Caller(team.root, session="other"), Caller(team.workspace("core"), session="other")):
        assert write(free, team.root / "a.py") == FREE
    team.find()
    assert write(lead(team), team.root / "a.py")[:2] == ("ask", "delegate")


def test_where_there_is_no_orchestration_nobody_has_a_role(team: Team) -> None:
    callers = everybody(team)
    shutil.rmtree(team.atlas)
    for caller in callers:
        assert write(caller, team.root / "a.py") == FREE
    assert not team.atlas.exists()


def test_whoever_holds_the_lock_of_the_state_holds_up_nobody(team: Team) -> None:
    with open(team.atlas / "lock", "a", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        began = time.monotonic()
        assert write(worker(team), team.root / "a.py").rule == "outside"
        assert write(worker(team), team.workspace("api") / "a.py") == FREE
        assert time.monotonic() - began < BOUND


@pytest.mark.parametrize("place", [".git", "."])
def test_on_a_disk_that_cannot_be_written_refusals_are_the_same(team: Team, tmp_path: Path, place: str) -> None:
    def said(caller: Caller, tool: str, **arguments: Any) -> Verdict:
        (tmp_path / "event").write_bytes(event(caller, tool, **arguments))
        script = f'cd "$1" && {{ {command("plugin", "PreToolUse", tool)}; }} <"$2"'
        words = ("sh", "-c", script, "sh", caller.folder, tmp_path / "event")
        done = run_read_only((team.root / place).resolve(), *words, env=caller.env)
        return verdict_of(subprocess.CompletedProcess([], done.returncode, done.stdout.encode(), done.stderr.encode()))

    assert said(worker(team), "Write", file_path=str(team.root / "a.py"))[:2] == ("deny", "outside")
    assert said(worker(team), "Write", file_path="a.py") == FREE
    assert said(lead(team), "Write", file_path="a.py")[:2] == ("ask", "delegate")
    prompt = {"prompt": "Do task-000000000001.", "subagent_type": "atlas:worker"}
    assert said(lead(team), "Agent", **prompt)[:2] == UNDECIDED
    assert said(subagent(team), "Read", file_path=str(team.workspace("api") / "a.py")) == FREE
    assert said(subagent(team), "Write", file_path=str(team.workspace("api") / "a.py"))[:2] == UNDECIDED


# The machine


@pytest.mark.parametrize(
    "python", ["", "exit 75", "exit 1", "exit 127", "cat >/dev/null; kill -9 $$", "echo nonsense; exit 1"]
)
def test_without_a_python_whoever_has_a_role_is_asked(team: Team, tmp_path: Path, python: str) -> None:
    path = {"PATH": shell_alone(tmp_path / "bin", python)}
    for caller in everybody(team):
        for tool in ("Write", "Bash", "Agent"):
            said = judged(caller, tool, env=path, file_path="/etc/passwd", command="x", prompt="x")
            assert said.verdict == "ask"
            assert "Python 3.10" in said.words
    assert write(lead(team), team.root / "a.py").rule == "delegate"
    other = Caller(team.root, session="other")
    assert judged(other, "Write", env=path, file_path="/etc/passwd") == FREE


def test_python_may_have_its_other_name(team: Team, tmp_path: Path) -> None:
    path = shell_alone(tmp_path / "bin", "exit 75")
    python = shutil.which("python3")
    assert python
    (tmp_path / "bin/python").symlink_to(python)
    said = judged(worker(team), "Write", env={"PATH": path}, file_path=str(team.root / "a.py"))
    assert said[:2] == ("deny", "outside")


def test_a_hook_that_is_killed_is_asked_about(team: Team) -> None:
    reader, writer = os.pipe()
    caller = worker(team)
    hook = ["/bin/sh", "-c", command("plugin", "PreToolUse", "Write")]
    process = subprocess.Popen(
        hook, cwd=caller.folder, env={**os.environ, **caller.env}, stdin=reader, stdout=subprocess.PIPE
    )

    def child() -> str:
        return Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().strip()

    wait_for(child)
    os.kill(int(child()), 9)
    output, _ = process.communicate(timeout=BOUND)
    for end in (reader, writer):
        os.close(end)
    assert json.loads(output)["hookSpecificOutput"]["permissionDecision"] == "ask"


def test_rules_that_cannot_be_loaded_are_asked_about(team: Team, tmp_path: Path) -> None:
    plugin = copy_of_plugin(tmp_path / "plugin")
    (plugin / "scripts/atlas/core/guard/decision.py").write_text("no Python")
    caller = worker(team)
    caller.env["CLAUDE_PLUGIN_ROOT"] = str(plugin)
    done = caller.fire("PreToolUse", event(caller, "Write", file_path=str(team.root / "a.py")), tool="Write")
    said = json.loads(done.stdout)["hookSpecificOutput"]
    assert said["permissionDecision"] == "ask"


SWALLOWS = """
def judge_call(*_):
    import time
    try:
        time.sleep(60)
    except BaseException:
        pass
    time.sleep(60)
"""


def test_the_limit_of_time_holds_however_often_it_was_swallowed(team: Team, tmp_path: Path) -> None:
    plugin = hasty_plugin(tmp_path / "plugin")
    with open(plugin / "scripts/atlas/core/guard/decision.py", "a", encoding="utf-8") as file:
        file.write(SWALLOWS)
    assert asked_in_time(worker(team), plugin)


def test_a_hook_that_hangs_again_after_its_time_was_up_is_asked_about(team: Team, tmp_path: Path) -> None:
    mine = subagent(team)
    spool = team.atlas / "spool" / f"{mine.common['session_id']}.jsonl"
    spool.parent.mkdir(exist_ok=True)
    spool.unlink(missing_ok=True)
    os.mkfifo(spool)  # nobody reads it: who writes to it waits for ever
    assert asked_in_time(mine, hasty_plugin(tmp_path / "plugin"), team.workspace("api") / "a.py", team.root / "a.py")


def asked_in_time(caller: Caller, plugin: Path, *paths: Path) -> bool:
    """Whether the last of some calls, long before the client would let it go ahead, is asked about or refused."""
    caller.env["CLAUDE_PLUGIN_ROOT"] = str(plugin)
    for path in paths or (caller.folder / "a.py",):
        began = time.monotonic()
        done = caller.fire("PreToolUse", event(caller, "Write", file_path=str(path)), tool="Write")
        assert time.monotonic() - began < BOUND / 2
    return json.loads(done.stdout)["hookSpecificOutput"]["permissionDecision"] in ("ask", "deny")


def hasty_plugin(folder: Path) -> Path:
    """The plugin, whose hooks have a tenth of their time."""
    plumbing = copy_of_plugin(folder) / "hooks/bare.py"
    text = plumbing.read_text()
    assert text.count("\nSECONDS = 3\n") == 1
    plumbing.write_text(text.replace("\nSECONDS = 3\n", "\nSECONDS = 0.3\n"))
    return folder


def test_a_plugin_may_lie_in_any_folder(team: Team, tmp_path: Path) -> None:
    plugin = copy_of_plugin(tmp_path / "a plugin's $(touch PWNED) `touch PWNED`")
    caller = worker(team)
    caller.env["CLAUDE_PLUGIN_ROOT"] = str(plugin)
    assert write(caller, team.root / "a.py").rule == "outside"
    assert write(caller, team.workspace("api") / "a.py") == FREE
    assert not list(tmp_path.rglob("PWNED"))


def test_what_lies_beside_the_hooks_hides_nothing_of_python(team: Team, tmp_path: Path) -> None:
    plugin = copy_of_plugin(tmp_path / "plugin")
    for folder in ("", "hooks", "scripts"):
        for name in ("_json", "fcntl", "posixpath", "__future__"):
            (plugin / folder / f"{name}.py").write_text("raise SystemExit(9)")
    caller = worker(team)
    caller.env["CLAUDE_PLUGIN_ROOT"] = str(plugin)
    assert write(caller, team.root / "a.py").rule == "outside"
    assert list((plugin / "hooks/__pycache__").glob("tool_calls.*.pyc"))


def test_a_plugin_that_was_removed_under_a_session_is_in_nobodys_way(team: Team, tmp_path: Path) -> None:
    for caller in everybody(team):
        caller.env["CLAUDE_PLUGIN_ROOT"] = str(tmp_path / "gone")
        assert write(caller, team.root / "a.py") == FREE


def copy_of_plugin(folder: Path) -> Path:
    """What of the plugin a hook needs."""
    for part in ("hooks", "scripts/atlas"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    return folder
