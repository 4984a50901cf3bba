"""Handing a module over: a document made from the records and from git, kept as a private file and sent."""

from __future__ import annotations

import os
from typing import NamedTuple

from atlas.adapters.git import git, refs, tree_status
from atlas.adapters.store.lock import exclusive
from atlas.adapters.store.transaction import Transaction
from atlas.adapters.system import disk
from atlas.core.errors import AtlasError
from atlas.core.letters import handoff, subjects
from atlas.core.records.assignment import Assignment
from atlas.core.records.kinds import AGENT, ASSIGNMENT, DISCOVERY, MISSION, MODULE, WORKSPACE
from atlas.core.records.message import Discovery
from atlas.core.records.plan import Module
from atlas.core.records.team import AI
from atlas.core.records.workspace import Workspace
from atlas.core.results.assignments import HandoffResult
from atlas.core.rules import graph
from atlas.core.rules.roles import Actor
from atlas.services.integration.branch import branch_of
from atlas.services.messages.mailbox import post
from atlas.services.project.context import Context
from atlas.services.project.phases import orchestration
from atlas.services.project.workspace_paths import workspace_folder

FOLDER = "handoffs"


class Document(NamedTuple):
    """A document, and the file that it is kept in, relative to the project."""

    text: str
    file: str


def hand_off(context: Context, module_id: str, agent_id: str, preview: bool = False) -> HandoffResult:
    """Make the document of a module for an agent, keep it, and send it; a `preview` only makes it. Assigns nothing.

    People are not sent anything. Raises AtlasError when there is no such module or agent.
    """
    made = make(context, "handoff", module_id, agent_id)
    if preview:
        return {"module": module_id, "agent": agent_id, "text": made.text, "file": None, "message": None}
    save_document(context, made)

    def run(tx: Transaction, actor: Actor) -> HandoffResult:
        orchestration(tx)
        module, agent = tx.need(MODULE, module_id), tx.need(AGENT, agent_id)
        message = tell(tx, module, agent_id, made, module["task_uuid"]) if agent["type"] == AI else None
        return {"module": module_id, "agent": agent_id, "text": made.text, "file": made.file, "message": message}

    return context.transact("handoff", run)


def tell(
    tx: Transaction, module: Module, agent_id: str, made: Document, task_uuid: str | None, held: bool = False
) -> str:
    """Send a document to an AI agent, or have it `held` back; returns the id of the message."""
    subject = subjects.handoff_subject(module, task_uuid or "none")
    return post(tx, agent_id, subject, made.text, task_uuid=task_uuid, held=held)["id"]


def make(context: Context, verb: str, module_id: str, agent_id: str) -> Document:
    """The document as things stand now. Raises AtlasError when there is no such module or agent."""
    facts, workspace, integration = context.read(verb, lambda tx, actor: _gather(tx, module_id, agent_id))
    branch = _work(context, workspace, integration) if workspace else None
    file = os.path.join(os.path.basename(context.project.claude), FOLDER, f"{module_id}-to-{agent_id}.md")
    return Document(handoff.document(facts._replace(branch=branch)), file)


def save_document(context: Context, made: Document) -> None:
    """Write the document to its file, which only its owner can read."""
    path = os.path.join(context.project.root, made.file)
    folder = os.path.dirname(path)
    if os.path.realpath(folder) != folder:
        raise AtlasError(f"{folder} is a link: make it a folder of the project")
    with exclusive(context.project.private):
        disk.private_folder(folder)
        os.replace(disk.write_temp(path, made.text.encode("utf-8", "replace")), path)


def _gather(tx: Transaction, module_id: str, agent_id: str) -> tuple[handoff.Facts, Workspace | None, str]:
    """What the records know, the workspace of whoever had the module last, and the integration branch."""
    workflow, module, agent = orchestration(tx), tx.need(MODULE, module_id), tx.need(AGENT, agent_id)
    mission, modules = tx.only(MISSION), {each["id"]: each for each in tx.all(MODULE)}
    assignments = tx.where(ASSIGNMENT, module=module_id)
    facts = handoff.Facts(
        goal=mission["goal"] if mission else "",
        module=module,
        to=agent["id"],
        at=tx.at,
        needs=[(name, modules[name]["status"]) for name in module["dependencies"] if name in modules],
        needed_by=sorted(graph.dependants(graph.graph_of(list(modules.values())), module_id)),
        assignments=assignments,
        discoveries=[d for d in tx.all(DISCOVERY) if _concerns(d, module_id)],
        branch=None,
    )
    return facts, _last_workspace(tx, assignments), branch_of(workflow)


def _concerns(discovery: Discovery, module_id: str) -> bool:
    return module_id in discovery["affects"] or any(one["module"] == module_id for one in discovery["recipients"])


def _last_workspace(tx: Transaction, assignments: list[Assignment]) -> Workspace | None:
    places = {one["task_uuid"]: one for one in tx.all(WORKSPACE) if one["ready_at"]}
    return next((places[a["task_uuid"]] for a in reversed(assignments) if a["task_uuid"] in places), None)


def _work(context: Context, workspace: Workspace, integration: str) -> handoff.Branch:
    """What git knows of the work in a workspace. Where it knows nothing, the note says why."""
    root, name, note = context.project.root, workspace["branch"], ""
    tip = refs.commit_of(root, f"refs/heads/{name}")
    base = refs.commit_of(root, f"refs/heads/{integration}") or workspace["base_commit"]
    commits, diffstat, uncommitted = [], [], []
    if tip is None:
        note = f"the branch {name} is gone" + (f": it was saved in {workspace['saved']}" if workspace["saved"] else "")
    else:
        commits = git.run(root, "log", "--format=%h %an: %s", f"{base}..{tip}", "--").splitlines()
        diffstat = git.run(root, "diff", "--stat=100", f"{base}...{tip}", "--").splitlines()
    if workspace["removed_at"] is None:
        try:
            uncommitted = tree_status.head_and_changes(workspace_folder(context.project, workspace))[1]
        except AtlasError as error:
            note = note or str(error)
    return handoff.Branch(name, tip or "", commits, diffstat, uncommitted, workspace["conflicts"], note)
