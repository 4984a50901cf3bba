"""The file that people read while an orchestration runs: YAML front matter with one record a line, and a table.

Records are stored as JSON, which is YAML, so their lines go into the front matter as they stand: with 1,000
modules that takes a few milliseconds where a YAML dumper takes half a second.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from atlas.adapters.record_lines import encode_record
from atlas.adapters.store.transaction import Transaction
from atlas.core.paths import PLAN_FILE
from atlas.core.records.assignment import Assignment
from atlas.core.records.kinds import AGENT, ASSIGNMENT, MODULE, POLL, WORKFLOW
from atlas.core.records.plan import ORCHESTRATION, Module, Workflow
from atlas.core.records.rows import contents_of
from atlas.core.records.team import AI, HUMAN, Agent
from atlas.core.records.transitions import LIVE
from atlas.core.text import one_line


def exec_file_bytes(tx: Transaction) -> bytes:
    """The file's bytes for the state that a transaction sees."""
    workflow = tx.only(WORKFLOW)
    if workflow is None or workflow["phase"] != ORCHESTRATION:
        return b"---\nphase: planning\n---\n\nThe orchestration has not begun: see the plan.\n"
    modules, agents = tx.all(MODULE), tx.all(AGENT)
    assignments = tx.where(ASSIGNMENT, status=LIVE)
    live = [encode_record(_with_polls(tx, assignment)) for assignment in assignments]
    front = _front_lines(workflow, modules, tx.lines(MODULE), agents, live)
    return ("\n".join(["---", *front, "---", "", *_table_lines(workflow, modules, assignments)]) + "\n").encode()


def _with_polls(tx: Transaction, assignment: Assignment) -> dict[str, Any]:
    polls = list(map(contents_of, tx.where(POLL, task_uuid=assignment["task_uuid"])))
    return {**assignment, "progress_polling": {**assignment["progress_polling"], "poll_history": polls}}


def _front_lines(
    workflow: Workflow, modules: list[Module], module_lines: Iterable[str], agents: list[Agent], live: Iterable[str]
) -> list[str]:
    done = sum(module["status"] == "complete" for module in modules)
    ai = [
        {"agent_id": a["id"], "session_name": a["identifier"], "registered_at": a["registered_at"]}
        for a in agents
        if a["type"] == AI
    ]
    people = [
        {"agent_id": a["id"], "github_username": a["identifier"], "registered_at": a["registered_at"]}
        for a in agents
        if a["type"] == HUMAN
    ]
    return [
        "phase: orchestration",
        f"plan_id: {workflow['plan_id']}",
        f"status: {workflow['status']}",
        f'started_at: "{workflow["started_at"]}"',
        f"plan_file: .claude/{PLAN_FILE}",
        f"modules_completed: {done}",
        f"modules_total: {len(modules)}",
        f"all_modules_complete: {str(done == len(modules)).lower()}",
        "modules_status:",
        *(f"  - {line}" for line in module_lines),
        "registered_agents:",
        *_list_lines("  ai_agents", map(encode_record, ai)),
        *_list_lines("  human_developers", map(encode_record, people)),
        *_list_lines("active_assignments", live),
    ]


def _list_lines(name: str, items: Iterable[str]) -> list[str]:
    lines = [f"    - {item}" for item in items]
    return [f"{name}:", *lines] if lines else [f"{name}: []"]


def _table_lines(workflow: Workflow, modules: list[Module], assignments: list[Assignment]) -> list[str]:
    verification = {a["module"]: a["instruction_verification"]["status"] for a in assignments}
    rows = [
        f"| {m['id']} | {_table_cell(m['name'])} | {m['status']} | {m['priority']} | {m['assigned_to'] or ''} "
        f"| {verification.get(m['id'], '')} | {m['github_issue'] or ''} |"
        for m in modules
    ]
    return [
        f"# Orchestration {workflow['plan_id']}: {workflow['status']}",
        "",
        "Written by ATLAS after every change and never read back: change modules with `atlas modify`.",
        "",
        "| module | name | status | priority | agent | instructions | issue |",
        "|---|---|---|---|---|---|---|",
        *rows,
    ]


def _table_cell(text: str) -> str:
    return one_line(text).replace("\\", "\\\\").replace("|", "\\|")
