"""Whole orchestrations in the real client, from the first sentence to complete, with the plugin as it is installed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.support import git, make_repository

from .conftest import ModelFactory
from .model import bash, tool
from .sandbox import Sandbox

REQUIREMENT = '/atlas-requirement add --name "Auth core" --criteria "it\'s there" --check "grep -q token auth.py"'


def record(project: Path, file: str, section: str) -> dict[str, Any]:
    tables = json.loads((project / ".claude" / file).read_text(encoding="utf-8"))
    found: dict[str, Any] = tables[section]
    return found


def test_a_person_types_an_orchestration_and_an_agent_works_in_a_session_of_its_own(
    installed: Sandbox, scripted: ModelFactory, repo: Path
) -> None:
    typed = [
        "/atlas-plan Log people in",
        REQUIREMENT,
        "/atlas-approve",
        "/atlas-start",
        "/atlas-register ai helper-agent",
        "/atlas-assign auth-core implementer-1",
    ]
    confirm = [
        "/atlas-verify-instructions record-repetition implementer-1 --correct",
        "/atlas-verify-instructions authorize implementer-1",
    ]
    lead_model = scripted(*(f"Done {number}." for number, _ in enumerate([*typed, *confirm])), "Verified.")
    with installed.stream(model=lead_model, cwd=repo) as lead:
        for number, words in enumerate(typed):
            assert lead.ask(words) == f"Done {number}."
        assert "auth-core is now implementer-1's" in lead_model.requests[-1].conversation
        workspace = repo / ".claude/worktrees/auth-core"
        repeat = "atlas repeat auth-core --criteria c1 --file auth.py --out-of-scope 'all else' --evidence 'the check'"
        agent_model = scripted(
            bash("atlas inbox implementer-1"),
            bash(f"{repeat} --text 'I add auth.py with a token'"),
            "I wait to be authorised.",
        )
        installed.run_print("You are implementer-1. Begin.", model=agent_model, cwd=workspace)
        told = agent_model.requests[-1].conversation
        assert "[TASK] Module: Auth core - UUID: task-" in told
        assert "Recorded: attempt 1" in told
        for number, words in enumerate(confirm, len(typed)):
            assert lead.ask(words) == f"Done {number}."
        assert "implementer-1 is authorised to work on auth-core" in lead_model.requests[-1].conversation
        agent_model = scripted(
            bash("atlas inbox implementer-1"),
            bash("atlas report auth-core started --text 'I add auth.py with a token'"),
            tool("Write", file_path=str(workspace / "auth.py"), content="token = 1\n"),
            bash("git add auth.py && git commit -qm 'Add auth' && atlas report auth-core done"),
            bash("atlas assign auth-core implementer-1"),
            "Finished.",
        )
        agent = installed.run_print("Work.", model=agent_model, cwd=workspace)
        assert agent.result == "Finished."
        *_, refused = (request.tool_results[0] for request in agent_model.requests[1:])
        assert "AUTHORIZED TO PROCEED" in agent_model.requests[-1].conversation
        assert "rule `verbs`" in refused.text
        assert "pending_verification" in lead.ask("/atlas-status")
        assert lead.ask("/atlas-complete auth-core") == "Verified."
        assert "auth-core is complete on commit" in lead_model.requests[-1].conversation

    assert record(repo, "PHASE_PROGRESS.json", "modules")["auth-core"]["status"] == "complete"
    (evidence,) = record(repo, "EVIDENCE.json", "evidence").values()
    assert (evidence["passed"], evidence["checks"][0]["exit_code"]) == (True, 0)
    assert git(repo, "merge-base", "--is-ancestor", evidence["commit"], "atlas/integration") == ""
    (workflow,) = record(repo, "WORKFLOW_STATE.json", "workflows").values()
    assert (workflow["status"], workflow["lead"]) == ("complete", lead.events.init["session_id"])
    assert git(repo, "status", "--porcelain") == ""


def test_a_model_leads_from_one_sentence_and_a_failing_check_is_mended(
    installed: Sandbox, scripted: ModelFactory, tmp_path: Path
) -> None:
    project = make_repository(tmp_path / "a project")
    add = "atlas requirement add --name Docs --criteria 'has a title' --check 'grep -q Title doc.md'"
    work = "echo '# Title' > doc.md && git add doc.md && git commit -qm Docs"
    model = scripted(
        bash(f"{add} && atlas approve && atlas start"),
        bash("atlas register human dev-alice && atlas assign docs dev-alice"),
        bash("atlas complete docs; echo code $?"),
        bash(f"{work} && atlas report docs done && atlas complete docs"),
        "All of it is done.",
    )
    done = installed.run_print("/atlas-plan Write the docs", model=model, cwd=project)
    assert done.result == "All of it is done."
    outcomes = [request.tool_results[0].text for request in model.requests[1:]]
    assert "Executing plan-" in outcomes[0]
    assert "code 2" in outcomes[2]
    assert "the orchestration is over" in outcomes[3]
    assert [one["passed"] for one in record(project, "EVIDENCE.json", "evidence").values()] == [False, True]
    assert record(project, "PHASE_PROGRESS.json", "modules")["docs"]["verification_loops"] == 1
