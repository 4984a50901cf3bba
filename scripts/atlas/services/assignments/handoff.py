"""Handing a module over: a document kept as a private file and sent."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from atlas.adapters.store.lock import lock_store
from atlas.adapters.system import disk
from atlas.core.errors import AtlasError
from atlas.core.letters import handoff, subjects
from atlas.core.records.kinds import AGENT, MODULE
from atlas.core.records.team import AI
from atlas.services.messages.mailbox import post_message
from atlas.services.project.phases import orchestration_workflow

from .handoff_facts import describe_work, gather_facts

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.records.plan import Module
    from atlas.core.results.assignments import HandoffResult
    from atlas.core.rules.roles import Actor
    from atlas.services.project.context import Context

FOLDER = "handoffs"


class Document(NamedTuple):
    """A document, and the file that it is kept in, relative to the project."""

    text: str
    file: str


def hand_off(context: Context, module_id: str, agent_id: str, preview: bool = False) -> HandoffResult:
    """Make the document of a module for an agent, keep it, and send it; a `preview` only makes it. Assigns nothing.

    People are not sent anything. Raises AtlasError when there is no such module or agent.
    """
    made = make_document(context, "handoff", module_id, agent_id)
    if preview:
        return {"module": module_id, "agent": agent_id, "text": made.text, "file": None, "message": None}
    save_document(context, made)

    def run(tx: Transaction, actor: Actor) -> HandoffResult:
        orchestration_workflow(tx)
        module, agent = tx.need(MODULE, module_id), tx.need(AGENT, agent_id)
        message = send_document(tx, module, agent_id, made, module["task_uuid"]) if agent["type"] == AI else None
        return {"module": module_id, "agent": agent_id, "text": made.text, "file": made.file, "message": message}

    return context.transact("handoff", run)


def send_document(
    tx: Transaction, module: Module, agent_id: str, made: Document, task_uuid: str | None, held: bool = False
) -> str:
    """Send a document to an AI agent, or have it `held` back; returns the id of the message."""
    tx.emit("HandoffSent", module=module["id"], to=agent_id)
    subject = subjects.handoff_subject(module, task_uuid or "none")
    return post_message(tx, agent_id, subject, made.text, task_uuid=task_uuid, held=held)["id"]


def make_document(context: Context, verb: str, module_id: str, agent_id: str) -> Document:
    """The document as things stand now. Raises AtlasError when there is no such module or agent."""
    facts, workspace, integration = context.read(verb, lambda tx, actor: gather_facts(tx, module_id, agent_id))
    branch = describe_work(context, workspace, integration) if workspace else None
    file = os.path.join(os.path.basename(context.project.claude), FOLDER, f"{module_id}-to-{agent_id}.md")
    return Document(handoff.handoff_document(facts._replace(branch=branch)), file)


def save_document(context: Context, made: Document) -> None:
    """Write the document to its file, which only its owner can read."""
    path = os.path.join(context.project.root, made.file)
    folder = os.path.dirname(path)
    if os.path.realpath(folder) != folder:
        raise AtlasError(f"{folder} is a link: make it a folder of the project")
    with lock_store(context.project.private):
        disk.make_private_folder(folder)
        os.replace(disk.write_temp(path, made.text.encode("utf-8", "replace")), path)
