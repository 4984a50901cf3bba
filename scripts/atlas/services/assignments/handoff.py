"""Handing a module over: a document kept as a private file and sent."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from atlas.adapters.system import disk
from atlas.core.errors import AtlasError, OperationFailed
from atlas.core.letters import handoff, subjects
from atlas.core.records.kinds import AGENT, MODULE
from atlas.core.records.team import AI
from atlas.services.messages.mailbox import post_message

from .handoff_facts import describe_work, gather_facts

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.records.plan import Module
    from atlas.core.results.assignments import HandoffResult
    from atlas.core.rules.roles import Actor
    from atlas.services.project.context import Context

FOLDER = "handoffs"
_TRIES = 8  # each needs somebody else to have changed what the document tells in the moments since it was looked up


class Document(NamedTuple):
    """A document, the file that it is kept in, relative to the project, and what the records knew when it was made."""

    text: str
    file: str
    facts: handoff.Facts


def hand_off(context: Context, module_id: str, agent_id: str, preview: bool = False) -> HandoffResult:
    """Make the document of a module for an agent, keep it, and send it; a `preview` only makes it. Assigns nothing.

    People are not sent anything. Raises AtlasError when there is no such module or agent; with an exit code of its own
    when the document was sent and could not be kept.
    """
    for _ in range(_TRIES):
        made = make_document(context, "handoff", module_id, agent_id)
        if preview:
            return {"module": module_id, "agent": agent_id, "text": made.text, "file": None, "message": None}
        result = _save_and_send(context, made, module_id, agent_id)
        if result is not None:
            return result
    raise AtlasError(f"{module_id} keeps changing while its handoff is made: try again")


def _save_and_send(context: Context, made: Document, module_id: str, agent_id: str) -> HandoffResult | None:
    """Send a document and put it into its file; None, with nothing changed, when it is not true any more."""

    def run(tx: Transaction, actor: Actor) -> HandoffResult | None:
        if gather_facts(tx, module_id, agent_id)[0]._replace(at=made.facts.at) != made.facts:
            return None
        module, agent = tx.need(MODULE, module_id), tx.need(AGENT, agent_id)
        message = send_document(tx, module, agent_id, made, module["task_uuid"]) if agent["type"] == AI else None
        return {"module": module_id, "agent": agent_id, "text": made.text, "file": made.file, "message": message}

    with _prepared(context, made) as put:
        result = context.transact("handoff", run)
        if result is not None:
            try:
                put()
            except OSError as error:
                done = f"sent as {result['message']}" if result["message"] else "recorded"
                reason = f"the document is {done}, but {made.file} could not be written: {error.strerror}"
                raise OperationFailed(reason) from error
    return result


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
    return Document(handoff.handoff_document(facts._replace(branch=branch)), file, facts)


def save_document(context: Context, made: Document) -> None:
    """Write the document to its file, which only its owner can read."""
    with _prepared(context, made) as put:
        put()


@contextlib.contextmanager
def _prepared(context: Context, made: Document) -> Iterator[Callable[[], None]]:
    """The document written beside its file, and what puts it there: all that could fail is done before that."""
    path = os.path.join(context.project.root, made.file)
    folder = os.path.dirname(path)
    if os.path.realpath(folder) != folder:
        raise AtlasError(f"{folder} is a link: make it a folder of the project")
    disk.make_private_folder(folder)
    # A name of its own, for no lock is held until it is in place.
    temp = disk.write_temp(f"{path}.{os.getpid()}", made.text.encode("utf-8", "replace"))
    try:
        yield lambda: os.replace(temp, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temp)
