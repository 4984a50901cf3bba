"""Orchestrations to try the store on, and what must be true of every state that it leaves behind."""

from __future__ import annotations

import functools
import json
import os
import shutil
from collections.abc import Callable, Iterable
from glob import glob
from pathlib import Path
from typing import Any

from atlas.adapters.store import log, schema
from atlas.adapters.store.checkpoint import Checkpoint
from atlas.adapters.store.replay import Replay
from atlas.adapters.store.transaction import Transaction
from atlas.adapters.system import disk
from atlas.app import context_at
from atlas.core.errors import AtlasError
from atlas.core.paths import EXEC_FILE, PLAN_FILE, Project, find_project
from atlas.core.records.kinds import AGENT, ASSIGNMENT, FILES, KINDS, MESSAGE, MODULE, WORKFLOW
from atlas.core.records.transitions import HANDED_IN, LIVE
from atlas.core.rules import roles
from atlas.services.orchestration import assigning, reassigning, starting
from atlas.services.plan import approval, beginning, module_edits
from atlas.services.plan.document import PlanDocument
from atlas.services.project.context import Context
from atlas.services.projections import exec_file


def context(repo: Path, session: str | None = None) -> Context:
    """The services' context, composed as the commands compose it."""
    return context_at(str(repo), session)


def project_of(repo: Path) -> Project:
    return find_project(str(repo))


def plan_modules(repo: Path, modules: Iterable[str], checks: Iterable[str] = ()) -> None:
    """A plan with these modules, ready to be approved."""
    here = context(repo)
    beginning.start_plan(here, "Try the store")

    def fill(tx: Transaction, actor: roles.Actor) -> None:
        document = PlanDocument(tx.plan or b"")
        for name in modules:
            module = module_edits.new_module(name, "medium", {"add_criteria": ["it works"], "add_checks": list(checks)})
            document.modules.append(module)
        tx.put_plan(document.data)

    here.transact("requirement", fill)


def start(repo: Path, modules: Iterable[str], checks: Iterable[str] = ()) -> None:
    """A running orchestration of these modules, led by nobody."""
    plan_modules(repo, modules, checks)
    approval.approve_plan(context(repo))
    starting.start_workflow(context(repo))


def assign(here: Context, module: str, agent: str, force: bool = False) -> Any:
    """Give a module to an agent as the command does, without a workspace."""
    return assigning.dispatch_module(here, module, agent, force, workspace=False)


def reassign(here: Context, module: str, agent: str, force: bool = False) -> Any:
    """Give another agent's module to an agent as the command does, without a workspace and without waiting."""
    return reassigning.redispatch_module(here, module, agent, force, workspace=False, wait=0)


def repetition(**said: Any) -> dict[str, Any]:
    """How an agent repeats a task whose one criterion is that it works."""
    right = {"criteria": ["c1"], "files": ["x"], "out_of_scope": "the rest", "evidence": "a look", "text": "I do it"}
    return {**right, **said}


def copy(repo: Path, to: Path) -> Path:
    """A project like `repo`, in place of whatever `to` was."""
    shutil.rmtree(to, ignore_errors=True)
    return Path(shutil.copytree(repo, to, symlinks=True))


def all_files(repo: Path) -> dict[str, bytes]:
    """Every file of the store by its path, leftovers of commits included, but what was set aside not."""
    project = project_of(repo)
    own = [*(os.path.join(project.claude, name) for name in (*FILES, PLAN_FILE, EXEC_FILE))]
    own += [project.checkpoint, project.history, *glob(os.path.join(project.spool, "*"))]
    own += [path for folder in (project.claude, project.private) for path in glob(f"{folder}/.*{disk.TEMP_SUFFIX}")]
    files = {path: Path(path).read_bytes() for path in own if os.path.isfile(path)}
    if not files.get(project.history, b""):
        files.pop(project.history, None)  # an empty history is none
    return files


def aside(repo: Path) -> list[bytes]:
    """The contents of everything that was set aside."""
    folder = Path(project_of(repo).aside)
    return [path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()] if folder.exists() else []


def assert_whole(repo: Path) -> Replay:
    """Open the state, whatever was done to it, see that everything about it agrees, and return the replayed history."""
    project = project_of(repo)
    context(repo).store.read(lambda tx: [tx.all(kind) for kind in KINDS.values()])
    replay = Replay(log.read_entries(project.history))
    assert log.torn_bytes(project.history) == 0
    if replay.seq == 0:
        assert not os.path.exists(project.checkpoint)
        return replay
    gate = Checkpoint.parse(disk.read_bytes(project.checkpoint))
    assert gate is not None
    assert (gate.seq, gate.history) == (replay.seq, log.history_size(project.history))
    for file, table in replay.tables.items():
        found = disk.read_bytes(os.path.join(project.claude, file))
        assert (found or b"") == (table.render() if found is not None or table.seq else b""), file
    tx = replay.transaction()
    assert disk.read_bytes(os.path.join(project.claude, EXEC_FILE)) == exec_file.exec_file_bytes(tx)
    _assert_valid(replay)
    assert_references(tx)
    return replay


def _assert_valid(replay: Replay) -> None:
    for kind in KINDS.values():
        for key, line in replay.tables[kind.file].sections[kind.section].lines().items():
            assert _id_of_valid(kind.name, line) == key


@functools.cache
def _id_of_valid(kind: str, line: str) -> str:
    record = json.loads(line)
    assert [str(fault) for fault in schema.schema_faults(kind, record)] == [], line
    return KINDS[kind].id_of(record)


def assert_references(tx: Transaction) -> None:
    """See that what records say of one another agrees."""
    modules = {module["id"]: module for module in tx.all(MODULE)}
    agents = {agent["id"]: agent for agent in tx.all(AGENT)}
    live = [a for a in tx.all(ASSIGNMENT) if a["status"] in LIVE]
    assert len({a["module"] for a in live}) == len(live), "a module with two live assignments"
    assert {a["task_uuid"] for a in live} == {m["task_uuid"] for m in modules.values()} - {None}
    for assignment in tx.all(ASSIGNMENT):
        assert assignment["agent_type"] == agents[assignment["agent"]]["type"]
        assert (assignment["ended_at"] is None) == (assignment["status"] in LIVE)
    for assignment in live:
        module = modules[assignment["module"]]
        assert (module["task_uuid"], module["assigned_to"]) == (assignment["task_uuid"], assignment["agent"])
        waits = assignment["status"] in HANDED_IN
        assert module["status"] == ("pending_verification" if waits else assignment["status"])
    for module in modules.values():
        assert (module["task_uuid"] is None) == (module["status"] in ("pending", "complete"))
        assert module["assigned_to"] is None or module["status"] != "pending"
        assert set(module["dependencies"]) <= set(modules)
    for message in tx.all(MESSAGE):
        assert message["to"] in agents or message["to"] == "lead"
    for flow in tx.all(WORKFLOW):
        over = bool(modules) and all(module["status"] == "complete" for module in modules.values())
        assert (flow["status"] == "complete") == over


def refusal(call: Callable[[], Any]) -> str | None:
    """What a call was refused for, or None when it was not."""
    try:
        call()
    except AtlasError as error:
        return str(error)
    return None


def records(replay: Replay, kind: Any) -> dict[str, Any]:
    """The records of a kind by key."""
    return {kind.id_of(record): record for record in replay.transaction().all(kind)}
