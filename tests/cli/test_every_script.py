"""What holds for every script: its help, its JSON, its usage errors, and that `atlas VERB` is the same."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from atlas.core.verbs import VERBS
from tests.conftest import script_of
from tests.kit.project import Project, the_line
from tests.kit.state import snapshot
from tests.support import PYTHON, ROOT, SCRIPTS, run

ATLAS = ROOT / "bin" / "atlas"
DOCUMENTED = {
    "atlas_start_planning.py",
    "atlas_planning_status.py",
    "atlas_modify_requirement.py",
    "atlas_approve_plan.py",
    "atlas_start_orchestration.py",
    "atlas_orchestration_status.py",
    "atlas_register_agent.py",
    "atlas_assign_module.py",
    "atlas_modify_module.py",
    "atlas_reassign_module.py",
    "atlas_check_remote_agents.py",
    "atlas_notify_agent.py",
    "atlas_report.py",
    "atlas_complete_module.py",
    "atlas_check_plan_phase.py",
    "atlas_check_orchestration_phase.py",
    "atlas_inbox.py",
    "atlas_lead.py",
    "atlas_doctor.py",
    "atlas_history.py",
}
ONE_NAME = "atlas_cli.py"  # `atlas VERB`
WORKING = [
    ["plan", "--abandon", "Something else"],
    ["start"],
    ["status"],
    ["register", "ai", "another-session"],
    ["assign", "auth-core", "implementer-1"],
    ["modify", "add", "--name", "More"],
    ["modify", "modify", "docs", "--add-criteria", "Short"],
    ["modify", "remove", "docs"],
    ["modify", "prioritize", "docs", "--priority", "critical"],
    ["check-agents"],
    ["check-agents", "--all"],
    ["handoff", "docs", "implementer-1", "--preview"],
    ["update", "pending"],
    ["notify", "implementer-1", "--subject", "S", "--message", "M"],
    ["verify-instructions", "status"],
    ["inbox", "implementer-1"],
    ["lead"],
    ["doctor"],
    ["history"],
    ["check-plan"],
    ["env"],
]
WRONG: dict[str, list[list[str]]] = {
    "plan": [[], ["two", "goals"], [""]],
    "plan-status": [["more"]],
    "requirement": [[], ["frobnicate"], ["add"], ["modify"], ["remove"], ["prioritize", "docs"]],
    "approve": [["more"], ["--dry"]],
    "start": [["more"]],
    "status": [["more"]],
    "register": [[], ["ai"], ["ai", "one", "two"]],
    "assign": [[], ["auth-core"], ["auth-core", "implementer-1", "more"]],
    "modify": [[], ["frobnicate"], ["add"], ["modify"], ["remove"], ["prioritize", "docs"]],
    "reassign": [[], ["auth-core"], ["auth-core", "implementer-1"], ["auth-core", "--to"]],
    "check-agents": [["more"]],
    "poll": [[], ["implementer-1", "more"], ["implementer-1", "--history", "--record-response", "R"]],
    "update": [
        [],
        ["frobnicate"],
        ["send", "docs", "--text", "T"],
        ["send", "docs", "--type", "gossip", "--text", "T"],
        ["resolve-concerns", "docs", "--resolution", "R", "--concern", "0"],
        ["pending", "more"],
    ],
    "handoff": [[], ["docs"], ["docs", "implementer-1", "more"]],
    "acknowledge": [[], ["docs", "u1", "more"]],
    "notify": [
        [],
        ["implementer-1"],
        ["implementer-1", "--subject", "S"],
        ["implementer-1", "--message", "M"],
        ["implementer-1", "--subject", "S", "--message", "M", "--type", "gossip"],
    ],
    "verify-instructions": [
        [],
        ["frobnicate"],
        ["ask"],
        ["authorize", "docs", "more"],
        ["record-repetition", "docs", "--correct", "--wrong", "W"],
        *(["record-questions", "docs", "--count", count, "--answered", "0"] for count in ("-1", "many", "1.5")),
    ],
    "answer": [[], ["docs"], ["docs", "q1", "A", "more"]],
    "repeat": [[], ["docs"], ["docs", "--criteria", "c1", "--file", "F", "--out-of-scope", "O", "--evidence", "E"]],
    "ask": [[], ["docs"], ["docs", "Q", "more"]],
    "report": [[], ["docs"], ["docs", "finished"], ["docs", "done", "more"]],
    "complete": [[], ["docs", "more"], *(["docs", "--timeout", limit] for limit in ("0", "-1", "soon", "nan", "1e9"))],
    "inbox": [[], ["implementer-1", "--wait", "0"], ["implementer-1", "--wait", "long"], ["implementer-1", "more"]],
    "lead": [["me"]],
    "doctor": [["more"]],
    "history": [["more"]],
    "check-plan": [["more"]],
    "check": [["more"]],
    "env": [["more"], ["--wait", "--background"]],
}


def test_every_documented_script_is_there_and_every_script_is_a_verb() -> None:
    scripts = {path.name for path in SCRIPTS.glob("atlas_*.py")}
    assert scripts >= DOCUMENTED
    assert scripts - {ONE_NAME} == {row.script for row in VERBS.values()}


@pytest.mark.parametrize("verb", VERBS)
def test_help_ends_with_0_and_names_the_exit_codes(verb: str, tmp_path: Path) -> None:
    done = run(PYTHON, script_of(verb), "--help", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"usage: {script_of(verb).name} ")
    assert "Exit codes: 0 " in done.stdout
    assert "--json" in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("verb", "action"), [("requirement", "add"), ("modify", "modify"), ("modify", "prioritize")])
def test_an_action_has_its_own_help(verb: str, action: str, fresh: Project) -> None:
    done = fresh.run(verb, action, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "--priority" in done.stdout


@pytest.mark.parametrize("command", WORKING, ids=" ".join)
def test_json_is_one_envelope_and_text_is_text(command: list[str], executing: Project) -> None:
    verb, *arguments = command
    done = executing.run(verb, *arguments, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1
    envelope = json.loads(done.stdout)
    assert list(envelope) == ["atlas", "verb", "ok", "result"]
    assert (envelope["atlas"], envelope["verb"], envelope["ok"]) == (1, verb, True)


@pytest.mark.parametrize("command", [command for command in WORKING if command[0] != "modify"], ids=" ".join)
def test_text_is_printed_without_being_asked_for_json(command: list[str], executing: Project) -> None:
    verb, *arguments = command
    done = executing.run(verb, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()
    assert not done.stdout.startswith("{")


def test_json_of_the_plan_phase(planning: Project) -> None:
    assert [m["id"] for m in planning.does("plan-status")["modules"]] == ["auth-core", "auth-api", "docs"]
    assert planning.does("requirement", "add", "--name", "More", "--criteria", "C")["module"]["id"] == "more"
    assert planning.does("approve", "--dry-run")["dry_run"] is True
    assert planning.does("approve")["modules"] == 4


def test_json_where_the_exit_code_is_2(executing: Project) -> None:
    assert len(executing.does("check", code=2)["remaining"]) == 3


def test_json_of_an_error_has_its_line(executing: Project) -> None:
    done = executing.run("assign", "--json", "nothing", "nobody")
    assert done.returncode == 1
    assert json.loads(done.stdout) == {"atlas": 1, "verb": "assign", "ok": False, "error": the_line(done)}


def test_usage_errors_are_tried_for_every_documented_script() -> None:
    assert {script_of(verb).name for verb in WRONG} >= DOCUMENTED


@pytest.mark.parametrize("verb", WRONG)
def test_a_usage_error_is_one_line_and_1_and_changes_nothing(verb: str, executing: Project) -> None:
    before = snapshot(executing.folder)
    for arguments in [*WRONG[verb], ["--no-such-option"], ["-x"], ["a", "b", "c", "d"]]:
        done = executing.run(verb, *arguments)
        assert (done.returncode, done.stdout) == (1, ""), arguments
        assert the_line(done)
    assert snapshot(executing.folder) == before


def test_the_one_name_is_the_same_code(executing: Project) -> None:
    for verb, *arguments in (["status"], ["check"], ["assign", "no", "one"], ["register", "robot", "x"], ["history"]):
        script = executing.run(verb, *arguments)
        named = run(ATLAS, verb, *arguments, cwd=executing.folder)
        assert (named.returncode, named.stdout, named.stderr) == (script.returncode, script.stdout, script.stderr)


def test_the_one_name_does_what_the_script_does(executing: Project) -> None:
    done = run(ATLAS, "assign", "auth-core", "implementer-1", cwd=executing.folder)
    assert done.returncode == 0, done.stderr
    assert executing.does("assign", "auth-core", "implementer-1")["created"] is False


def test_the_one_name_alone_and_its_list(tmp_path: Path) -> None:
    done = run(ATLAS, "--help", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(f"\n  {verb} " in done.stdout for verb in VERBS)
    assert run(ATLAS, "--version", cwd=tmp_path).stdout.strip().count(".") == 2
    for words in ([], ["no-such-verb"], ["--status"], [""], [os.fsdecode(b"\xff")], ["\x1b[31m"]):
        done = run(ATLAS, *words, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (1, "")
        assert "`atlas --help` lists them" in the_line(done)
