"""Every rule, for every role and tool: what is refused, what is asked about, and what goes ahead."""

from __future__ import annotations

import contextlib
import inspect
import string
from typing import Any

import pytest
from hypothesis import given as given_any
from hypothesis import settings
from hypothesis import strategies as st

from atlas.core import interrupts
from atlas.core.guard import command_rules, decision, edit_rules, protected_paths, refusals, targets, tool_call
from atlas.core.guard.role_view import RoleView
from atlas.core.guard.tool_call import Call
from atlas.core.paths import EXEC_FILE
from atlas.core.records.kinds import FILES
from atlas.core.rules import verdicts

from .scene import API, AUTH, HELD, OVER, ROLES, Scene, make_scene


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return make_scene(tmp_path_factory.mktemp("scene"))


# Writing: for each place what each role is told, by tool and by Bash alike

EVERYBODY = dict.fromkeys(ROLES, "state deny")
SOURCE = {
    "planning": "plan-first ask",
    "executing": "delegate ask",
    "unbound": "unbound deny",
    **dict.fromkeys(HELD, "outside deny"),
}
DOCUMENT = {"unbound": "unbound deny", **dict.fromkeys(HELD, "outside deny")}
IN_AUTH = {
    "executing": "delegate ask",
    "complete": "delegate ask",
    "beginner": "outside deny",
    "idle": "outside deny",
    "unbound": "unbound deny",
}
PLACES: dict[str, dict[str, str]] = {
    "{root}/src/app.py": SOURCE,
    "{root}/new.py": SOURCE,
    "{root}/src/none/../../deep/new.py": SOURCE,
    "{root}/.git/config": SOURCE,
    "{root}/README.md": DOCUMENT,
    "{root}/docs/picture.svg": DOCUMENT,
    "{root}/notes.TXT": DOCUMENT,
    "{root}/doc/x.svg": DOCUMENT,
    "{root}/src/guide.adoc": DOCUMENT,
    "{root}/src/guide.rst": DOCUMENT,
    "{root}/.claude/orchestrator-plan-phase.local.md": DOCUMENT,
    "{root}/.claude/agents/own.md": DOCUMENT,
    "{root}/../elsewhere.py": DOCUMENT,
    "/etc/atlas-test": DOCUMENT,
    "/tmp/atlas-test": {"unbound": "unbound deny"},
    "{auth}/src/app.py": {**IN_AUTH, "planning": ""},
    "{root}/.claude/workspaces/auth/src/app.py": {**IN_AUTH, "planning": ""},
    "{auth}/../auth/README.md": {**IN_AUTH, "planning": ""},
    "{auth}/out/app.py": SOURCE,
    "{auth}/../../../src/app.py": SOURCE,
    "{api}/src/app.py": {
        **dict.fromkeys(("executing", "complete"), "delegate ask"),
        **dict.fromkeys(("worker", "bound", "idle"), "outside deny"),
        "beginner": "understanding deny",
        "unbound": "unbound deny",
    },
    **{f"{{root}}/.claude/{name}": EVERYBODY for name in (*FILES, EXEC_FILE, "tools/orchestration.py")},
    "{root}/state/../.claude/WORKFLOW_STATE.json": EVERYBODY,
    "{root}/state/WORKFLOW_STATE.json": EVERYBODY,
    "{root}/.claude/workflow_state.json": EVERYBODY,
    "{root}/.git/atlas/history.jsonl": EVERYBODY,
    "{root}/.git/atlas/gates/sessions/x": EVERYBODY,
    **{
        f"{{auth}}/{name}": {**EVERYBODY, "planning": "", "beginner": "outside deny", "idle": "outside deny"}
        for name in (
            *(
                interrupts.INTERRUPT_FILE,
                ".claude/WORKER_CONTEXT.json",
                ".claude/settings.local.json",
                ".claude/checks.sh",
            ),
            ".claude/hooks/interrupt_monitor.py",
        )
    },
}
WRITES = {
    "Write": {"file_path": "{}", "content": "x"},
    "Edit": {"file_path": "{}", "old_string": "x", "new_string": "y"},
    "MultiEdit": {"file_path": "{}"},
    "NotebookEdit": {"notebook_path": "{}", "new_source": "x"},
    "Bash": {"command": "echo x > '{}'"},
}
HARMLESS = ("Read", "Glob", "WebFetch", "TodoWrite", "Agent", "mcp__x__y")


@pytest.mark.parametrize("tool", WRITES)
@pytest.mark.parametrize("place", PLACES)
def test_writing(scene: Scene, place: str, tool: str) -> None:
    path = scene.filled(place)
    given = {name: value.replace("{}", path) for name, value in WRITES[tool].items()}
    told = {role: scene.told(role, tool, given) for role in ROLES}
    assert told == {**dict.fromkeys(ROLES, ""), **PLACES[place]}


@pytest.mark.parametrize("tool", HARMLESS)
@pytest.mark.parametrize("role", ROLES)
def test_tools_that_write_nothing_are_nobodys_business(scene: Scene, role: str, tool: str) -> None:
    path = str(scene.root / ".claude/WORKFLOW_STATE.json")
    given = {"file_path": path, "path": path, "prompt": "Look", "command": f"rm {path}"}
    assert scene.told(role, tool, given) == ""


@pytest.mark.parametrize(
    ("command", "told"),
    {
        # parents of what is ATLAS's own, patterns, and what only looks like it
        "rm -rf {root}/.claude": EVERYBODY,
        "rm -rf {root}": EVERYBODY,
        "mv {root}/.git/atlas /tmp/atlas-test/": EVERYBODY,
        "cd {root} && rm -rf .git": EVERYBODY,
        "rm {root}/.claude/*.json": EVERYBODY,
        "rm -rf {root}/.cl*": EVERYBODY,
        "rm -rf {root}/.claude/{{a,MESSAGES.json}}": EVERYBODY,
        "cp x.json {root}/.claude/MESSAGES.json": EVERYBODY,
        "cp MESSAGES.json {root}/.claude/": EVERYBODY,
        "find {root}/.claude -name '*.json' -delete": EVERYBODY,
        "find {root}/.git -exec rm -rf {{}} +": EVERYBODY,
        "echo | tee -a {root}/.git/atlas/history.jsonl": EVERYBODY,
        "sed -i s/a/b/ {root}/.claude/WORKFLOW_STATE.json": EVERYBODY,
        "bash -lc \"echo > {root}/.claude/MESSAGES.json\"": EVERYBODY,
        "D={root}/.claude; echo > $D/MESSAGES.json": EVERYBODY,
        "git -C {root} rm .claude/MESSAGES.json": EVERYBODY,
        "mkdir -p {root}/.claude/agents": DOCUMENT,
        "find {root}/docs -name '*.pyc' -delete": DOCUMENT,
        "cat {root}/.claude/WORKFLOW_STATE.json": {},
        "grep -r x {root}/.git/atlas > /dev/null 2>&1": {},
        "git clean -fdx": {"unbound": "git deny", "idle": "git deny"},
        "rm -rf {auth}/*": {**IN_AUTH, "planning": ""},
        "rm -rf {auth}": {**EVERYBODY, "planning": "", "beginner": "outside deny", "idle": "outside deny"},
        # a shell's own ways
        "cd {root}/src && touch a.py": SOURCE,
        "(cd {root} && touch src/a.py); true": SOURCE,
        "env FOO=1 tee {root}/src/a.py": SOURCE,
        "cat > {root}/src/a.py <<'EOF'\nx\nEOF": SOURCE,
        "rm {root}/src/*.py": SOURCE,
        "echo > {auth}/out/a.py": SOURCE,
        "cd {auth}/out && cd .. && touch a.py": {**IN_AUTH, "planning": ""},
        "python3 - <<'EOF'\nopen('{root}/src/a.py', 'w')\nEOF": {},
        "echo > \"$UNKNOWN/src/a.py\"": {},
        "echo '> {root}/src/a.py'": {},
        "ls {root}/src > /dev/null; echo x >&2 2>/dev/stderr": {},
        "rm {auth}/out": {**IN_AUTH, "planning": ""},
    }.items(),
)  # fmt: skip
def test_writing_by_commands(scene: Scene, command: str, told: dict[str, str]) -> None:
    text = scene.filled(command)
    found = {role: scene.runs(role, text) for role in ROLES}
    if "-C" in text:
        assert found.pop("planning") == "state deny"
    assert found == {**dict.fromkeys(found, ""), **{role: said for role, said in told.items() if role in found}}


# Dispatching


@pytest.mark.parametrize("tool", tool_call.DISPATCHING_TOOLS)
@pytest.mark.parametrize(
    ("prompt", "subagent", "refused"),
    [
        (f"Do {AUTH} now", "atlas:worker", False),
        (f"Do {AUTH} now", "general-purpose", False),
        (f"Do {AUTH}, which {API} needs", "", False),
        (f"Do {API} now", "atlas:worker", True),
        (f"Do {API} now", "", True),
        (f"Read this. [UNDERSTANDING] {API}", "atlas:worker", True),
        (f"[UNDERSTANDING] Module: Api - UUID: {API}\nRepeat it.", "atlas:worker", False),
        (f"Do {OVER} now", "general-purpose", True),
        (f"[UNDERSTANDING] {OVER}", "general-purpose", True),
        ("Do it", "atlas:worker", True),
        ("", "atlas:worker", True),
        ("Write a task-list, task-force and task-", "general-purpose", False),
        ("Look around", "Explore", False),
    ],
)
def test_dispatching(scene: Scene, tool: str, prompt: str, subagent: str, refused: bool) -> None:
    given = {"prompt": prompt, "subagent_type": subagent}
    for role in ("executing", "complete"):
        told = scene.told(role, tool, given)
        assert told == ("dispatch deny" if refused else "")
    for role in HELD:
        assert scene.told(role, tool, given) == ""
    if refused:
        assert scene.told("planning", tool, given) == "dispatch deny"


# Settings

SAMPLES = {
    "state": ("worker", "Write", {"file_path": "{root}/.git/atlas/gate.json"}),
    "unbound": ("unbound", "Write", {"file_path": "{auth}/x.py"}),
    "plan-first": ("planning", "Edit", {"file_path": "{root}/x.py"}),
    "delegate": ("executing", "Edit", {"file_path": "{root}/x.py"}),
    "dispatch": ("executing", "Task", {"prompt": "Do it", "subagent_type": "atlas:worker"}),
    "outside": ("worker", "NotebookEdit", {"notebook_path": "{root}/x.ipynb"}),
    "understanding": ("beginner", "Bash", {"command": "touch x"}),
    "verbs": ("worker", "Bash", {"command": "atlas approve"}),
    "git": ("worker", "Bash", {"command": "git push -f"}),
}


@pytest.mark.parametrize("rule", verdicts.RULES)
def test_a_rule_is_as_strict_as_the_settings_say(scene: Scene, rule: str) -> None:
    role, tool, arguments = SAMPLES[rule]
    given = {name: scene.filled(value) for name, value in arguments.items()}
    others = {other: "off" for other in verdicts.RULES if other != rule}
    assert scene.told(role, tool, given) == f"{rule} {verdicts.RULES[rule][0]}"
    for chosen in verdicts.VERDICTS:
        told = scene.told(role, tool, given, **{**others, rule: chosen})
        assert told == ("" if chosen == "off" else f"{rule} {chosen}")
    assert scene.told(role, tool, given, **{**others, rule: "nonsense"}) == f"{rule} {verdicts.RULES[rule][0]}"


def test_the_strictest_rule_decides(scene: Scene) -> None:
    both = f"echo > {scene.root}/x.py; git push -f"
    assert scene.runs("worker", both) == "outside deny"
    assert scene.runs("worker", both, outside="ask") == "git deny"
    assert scene.runs("worker", both, outside="ask", git="ask") == "outside ask"
    assert scene.runs("worker", both, outside="off", git="ask") == "git ask"
    lead = f"echo > {scene.root}/x.py; echo > {scene.root}/.git/atlas/x"
    assert scene.runs("executing", lead) == "state deny"


@pytest.mark.parametrize("rule", verdicts.RULES)
def test_a_refusal_says_the_rule_why_what_instead_and_the_way_out(scene: Scene, rule: str) -> None:
    role, tool, arguments = SAMPLES[rule]
    given = {name: scene.filled(value) for name, value in arguments.items()}
    decision = scene.decision(role, tool, given)
    assert decision is not None
    words = refusals.refusal_line(decision.rule, decision.reason)
    assert words.startswith(f"ATLAS, rule `{rule}`: ")
    assert '`/atlas-pause "reason"`' in words
    for path in (value for name, value in given.items() if name.endswith("path")):
        assert path in words
    assert "\n" not in words
    assert 150 < len(words) < 900


def test_a_refusal_is_one_line_that_can_be_shown(scene: Scene) -> None:
    decision = scene.decision("worker", "Bash", {"command": f"rm '{scene.root}/new\n\x1b[2Jline'/*.{{py,c}} $x"})
    assert decision is not None
    words = refusals.refusal_line(decision.rule, decision.reason)
    assert f"{scene.root}/new ?[2Jline/*.* is outside" in words
    long = scene.decision("worker", "Write", {"file_path": "/" + "x" * 100_000})
    assert long is not None
    assert len(refusals.refusal_line(long.rule, long.reason)) < 5000


def test_every_text_is_used_and_filled_in() -> None:
    code = "".join(inspect.getsource(module) for module in (decision, edit_rules, command_rules))
    for case, text in refusals._WHY.items():
        assert f'explain_refusal("{case}"' in code
        names = {name: "VALUE" for _, name, _, _ in string.Formatter().parse(text) if name}
        assert "{" not in refusals.explain_refusal(case, **names)


def test_what_lies_where() -> None:
    for path, temporary in {
        "/tmp/x": True,
        "/tmp": True,
        "/tmpx": False,
        "/var/tmp/a/b": True,
        "/etc/x": False,
    }.items():
        assert protected_paths.is_temporary("/w", path) is temporary
    assert not protected_paths.is_temporary("/tmp/project", "/tmp/project/x")
    assert all(verdict in verdicts.VERDICTS for verdict, _, _ in verdicts.RULES.values())


# Whatever comes

WORDS = [
    *("git ", "push ", "-C ", "checkout ", "stash ", "rm ", "-rf ", "cp ", "-t", "install -d ", "tar ", "x", "sed -i "),
    *(
        "find ",
        "-exec ",
        "-name ",
        "env ",
        "-u ",
        "sh -c ",
        "atlas ",
        "settings ",
        "task-",
        AUTH,
        "/",
        "..",
        "*",
        "{a,b}",
    ),
    *("--", "-", "=", "> ", "'", '"', "$(", ")", "; "),
]


@settings(max_examples=200, deadline=None)
@given_any(
    role=st.sampled_from(ROLES),
    tool=st.sampled_from([*WRITES, *tool_call.DISPATCHING_TOOLS]),
    text=st.text(max_size=60) | st.lists(st.sampled_from(WORDS), max_size=15).map("".join),
)
def test_any_call_is_decided(scene: Scene, role: str, tool: str, text: str) -> None:
    given_all = dict.fromkeys(("file_path", "notebook_path", "command", "prompt", "subagent_type"), text)
    with contextlib.suppress(targets.Unclear):
        scene.told(role, tool, given_all)


@pytest.mark.parametrize(
    "broken",
    [{"role": "king"}, {"phase": 7}, {"workspaces": None}, {"workspaces": [{}]}, {"rules": 5}, {"rules": ["x"]}],
    ids=str,
)
def test_a_gate_that_is_none_decides_nothing(scene: Scene, broken: dict[str, Any]) -> None:
    gate: dict[str, Any] = {
        "role": "lead",
        "phase": "planning",
        "root": "/w",
        "branch": None,
        "rules": {},
        "workspaces": [],
    }
    RoleView(gate, "/w/.git/atlas")
    with pytest.raises((LookupError, TypeError, ValueError)):
        RoleView({**gate, **broken}, "/w/.git/atlas")


@pytest.mark.parametrize("arguments", [{"file_path": 5}, {"file_path": ["x"]}, {"prompt": {}}], ids=str)
def test_a_call_that_is_none_is_not_guessed_at(arguments: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        Call("Write", arguments, "/w", {})


def test_too_many_files_are_said_to_be_so(scene: Scene) -> None:
    names = " ".join(f"x{number}" for number in range(3000))
    with pytest.raises(targets.Unclear):
        scene.runs("worker", f"rm {names}")
    assert scene.runs("worker", "rm x; " * 3000) == ""
