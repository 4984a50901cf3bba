"""What must hold between records, whichever verb wrote them. A fault here is a bug, or a hand in the files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from atlas.core.records.assignment import Assignment
from atlas.core.records.kinds import (
    AGENT,
    ASSIGNMENT,
    EVIDENCE,
    MESSAGE,
    MISSION,
    MODULE,
    OF_ASSIGNMENT,
    OF_MODULE,
    REPETITION,
    SESSION,
    WORKFLOW,
    WORKSPACE,
    Kind,
)
from atlas.core.records.plan import ORCHESTRATION, Module, Workflow
from atlas.core.records.protocol import Records
from atlas.core.records.transitions import LIVE
from atlas.core.verbs import LEAD

from . import graph

_WORKED_ON = ("assigned", "in_progress", "blocked", "pending_verification")


def reference_faults(records: Records) -> list[str]:
    """A line for each reference or count that does not hold; none when everything fits together."""
    return [
        *_workflow_faults(records),
        *_all_module_faults(records),
        *_assignment_faults(records),
        *_row_faults(records),
        *_dependency_faults(records),
        *_other_faults(records),
    ]


def _workflow_faults(records: Records) -> Iterator[str]:
    workflows, missions, modules = records.all(WORKFLOW), records.all(MISSION), records.all(MODULE)
    if len(workflows) > 1 or len(missions) > 1:
        yield f"there are {len(workflows)} workflows and {len(missions)} missions: there may be one of each"
    if workflows:
        yield from _course_faults(workflows[0], modules)
        if records.get(MISSION, workflows[0]["plan_id"]) is None:
            yield f"workflow {workflows[0]['id']} is for the mission {workflows[0]['plan_id']}, which does not exist"
    elif modules:
        yield f"there are {len(modules)} modules but no workflow"


def _course_faults(workflow: Workflow, modules: list[Module]) -> Iterator[str]:
    name, status = f"workflow {workflow['id']}", workflow["status"]
    begun = workflow["phase"] == ORCHESTRATION
    left = [module["id"] for module in modules if module["status"] != "complete"]
    if begun != (status in ("executing", "complete")):
        yield f"{name} is {status} in the phase {workflow['phase']}"
    if begun != bool(modules):
        yield f"{name} is in the phase {workflow['phase']} with {len(modules)} modules"
    if begun and (status == "complete") != (not left):
        yield f"{name} is {status} with {len(left)} of {len(modules)} modules left"
    if (status == "complete") != (workflow["completed_at"] is not None):
        yield f"{name} is {status}, completed at {workflow['completed_at']}"


def _all_module_faults(records: Records) -> Iterator[str]:
    live: dict[str, list[Assignment]] = {}
    for assignment in records.all(ASSIGNMENT):
        if assignment["status"] in LIVE:
            live.setdefault(assignment["module"], []).append(assignment)
    passed = {evidence["module"]: evidence["passed"] for evidence in records.all(EVIDENCE)}
    for module in records.all(MODULE):
        yield from _module_faults(records, module, live.get(module["id"], []))
        if module["status"] == "complete" and not passed.get(module["id"]):
            yield f"module {module['id']} is complete without evidence that its checks passed"


def _module_faults(records: Records, module: Module, live: list[Assignment]) -> Iterator[str]:
    name, holder = f"module {module['id']}", module["assigned_to"]
    if len(live) > 1:
        yield f"{name} has {len(live)} live assignments: {', '.join(a['task_uuid'] for a in live)}"
    if (module["status"] in _WORKED_ON) != bool(live):
        yield f"{name} is {module['status']} with {'a' if live else 'no'} live assignment"
    if module["task_uuid"] not in ({a["task_uuid"] for a in live} if live else {None}):
        yield f"{name} names {module['task_uuid']} as its assignment, which is not its live one"
    if holder is not None and records.get(AGENT, holder) is None:
        yield f"{name} is {holder}'s, who is not registered"
    if live and holder != live[0]["agent"]:
        yield f"{name} is {holder or 'nobody'}'s, its assignment {live[0]['agent']}'s"


def _assignment_faults(records: Records) -> Iterator[str]:
    for assignment in records.all(ASSIGNMENT):
        name, agent = f"assignment {assignment['task_uuid']}", records.get(AGENT, assignment["agent"])
        if agent is None:
            yield f"{name} is {assignment['agent']}'s, who is not registered"
        elif agent["type"] != assignment["agent_type"]:
            yield f"{name} is for an agent of type {assignment['agent_type']}, {agent['id']} is {agent['type']}"
        if assignment["status"] in LIVE and records.get(MODULE, assignment["module"]) is None:
            yield f"{name} is of module {assignment['module']}, which does not exist"
        if (assignment["status"] in LIVE) != (assignment["ended_at"] is None):
            yield f"{name} is {assignment['status']}, ended at {assignment['ended_at']}"


def _row_faults(records: Records) -> Iterator[str]:
    yield from _lost_rows(records, OF_ASSIGNMENT, "task_uuid", "", set(records.keys(ASSIGNMENT)))
    yield from _lost_rows(records, OF_MODULE, "module", "module ", set(records.keys(MODULE)))
    for assignment in records.all(ASSIGNMENT):
        repetition = assignment["instruction_verification"]["repetition"]
        if repetition is not None and records.get(REPETITION, repetition) is None:
            yield f"assignment {assignment['task_uuid']} names the repetition {repetition}, which does not exist"


def _lost_rows(records: Records, kinds: Iterable[Kind[Any]], field: str, title: str, known: set[str]) -> Iterator[str]:
    for kind in kinds:
        for row in records.all(kind):
            if row[field] not in known:
                yield f"{kind.name} {row['row']} is about {title}{row[field]}, which does not exist"


def _dependency_faults(records: Records) -> Iterator[str]:
    needs = graph.dependency_graph(records.all(MODULE))
    for module, needed in graph.unknown_dependencies(needs):
        yield f"module {module} depends on {needed!r}, which does not exist"
    circle = graph.find_cycle(needs)
    if circle:
        yield "dependencies go in a circle: " + " → ".join(circle)


def _other_faults(records: Records) -> Iterator[str]:
    for message in records.all(MESSAGE):
        if message["to"] != LEAD and records.get(AGENT, message["to"]) is None:
            yield f"message {message['id']} is for {message['to']}, who is not registered"
        if message["task_uuid"] and records.get(ASSIGNMENT, message["task_uuid"]) is None:
            yield f"message {message['id']} is about {message['task_uuid']}, which does not exist"
    for session in records.all(SESSION):
        if session["agent"] is not None and records.get(AGENT, session["agent"]) is None:
            yield f"session {session['id']} is {session['agent']}'s, who is not registered"
    for workspace in records.all(WORKSPACE):
        if workspace["task_uuid"] and records.get(ASSIGNMENT, workspace["task_uuid"]) is None:
            yield f"workspace {workspace['name']} is for {workspace['task_uuid']}, which does not exist"
