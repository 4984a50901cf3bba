"""The records of an orchestration, made up in memory: what a policy sees of a state."""

from __future__ import annotations

from typing import Any

from atlas.adapters.record_lines import encode_record
from atlas.adapters.store.tables import Table
from atlas.adapters.store.transaction import Transaction
from atlas.core import clock
from atlas.core.following import next_action, whose_turn
from atlas.core.records.kinds import (
    AGENT,
    ASSIGNMENT,
    DISCOVERY,
    MESSAGE,
    MODULE,
    QUESTION,
    REPORT,
    SESSION,
    SETTINGS,
    WORKFLOW,
    WORKSPACE,
    Kind,
)
from tests.kit.team import filled

NOW = "2026-01-31T08:00:00Z"
LEAD = "lead-1"
TOLD = clock.add_seconds(NOW, 60)
"""After whatever was reported at NOW."""
LATER = 2
"""The change after whatever was reported by the change 1."""


class World:
    """Everything began at NOW. Methods add records and return the world; `plan` is the workflow's own."""

    def __init__(self, **plan: Any) -> None:
        tables: dict[str, Table] = {}
        self.records = Transaction(lambda file: tables.setdefault(file, Table(file)), lambda: None, NOW, 0)
        running = {"id": "plan-1", "plan_id": "plan-1", "phase": "orchestration", "status": "executing", "lead": LEAD}
        self._put(WORKFLOW, **{**running, **plan})

    def module(self, name: str, status: str = "pending", **fields: Any) -> World:
        return self._put(MODULE, id=name, name=name, status=status, **{"priority": "medium", **fields})

    def agent(self, name: str, kind: str = "ai", **fields: Any) -> World:
        return self._put(AGENT, id=name, type=kind, identifier=name, **fields)

    def given(self, name: str, agent: str, status: str = "in_progress", kind: str = "ai", **fields: Any) -> World:
        """A module that is an agent's, who may work and is at work in a workspace."""
        task = fields.pop("task_uuid", f"task-{name}")
        verification = {**filled("assignment")["instruction_verification"], "status": "verified", "authorized_at": NOW}
        verification.update(fields.pop("verification", {}))
        reported = {"blocked": "blocked", "reported": "done"}.get(status)
        said = {"number": 1, "seq": 1, "at": NOW, "kind": reported} if reported else None
        if reported:
            self.row(REPORT, task, kind=reported, by=agent, text="in its words")
        defaults = {"reported": said, "assigned_at": NOW, "seq": 1, "instruction_verification": verification}
        self.module(name, {"reported": "pending_verification"}.get(status, status), assigned_to=agent, task_uuid=task)
        self.agent(agent, kind)
        who = {"task_uuid": task, "agent": agent, "agent_type": kind, "module": name, "status": status}
        self._put(ASSIGNMENT, **who, **{**defaults, **fields})
        return self.session(f"of-{agent}", agent).workspace(name, agent, task) if kind == "ai" else self

    def row(self, of: Kind[Any], task: str, /, **fields: Any) -> World:
        """A row about an assignment."""
        return self._put(of, row=f"{task}-{of.name}-1", task_uuid=task, **{"at": NOW, **fields})

    def asked(self, name: str, text: str) -> World:
        """The agent of a module has asked its first question."""
        task = f"task-{name}"
        return self.row(QUESTION, task, id="q1", text=text, asked_at=NOW, answer=None)

    def workspace(self, name: str, agent: str, task: str, **fields: Any) -> World:
        return self._put(
            WORKSPACE, name=name, agent=agent, module=name, task_uuid=task, **{"status": "ready", **fields}
        )

    def session(self, name: str, agent: str | None, **fields: Any) -> World:
        return self._put(SESSION, id=name, agent=agent, first_seen=NOW, last_seen=NOW, **fields)

    def message(self, to: str, status: str = "sent", **fields: Any) -> World:
        made = {
            "id": "msg-1",
            "seq": LATER,
            "sender": "lead",
            "type": "notification",
            "created_at": NOW,
            "sent_at": NOW,
        }
        return self._put(MESSAGE, to=to, status=status, **{**made, **fields})

    def interrupt(self, agent: str) -> World:
        recipient = {"agent": agent, "workspace": "w", "module": "m", "status": "queued"}
        to = [{**recipient, "delivered_at": None, "session": None, "tool": None}]
        return self._put(DISCOVERY, id="disc-1", seq=LATER, kind="interrupt", created_at=NOW, recipients=to)

    def rules(self, **verdicts: str) -> World:
        return self._put(SETTINGS, id="project", gates=verdicts)

    def for_lead(self) -> next_action.Stop:
        return next_action.next_for_lead(whose_turn.OpenWork(self.records))

    def for_worker(self, agent: str, task: str | None = None) -> next_action.Stop:
        return next_action.next_for_worker(whose_turn.OpenWork(self.records), agent, task)

    def _put(self, kind: Kind[Any], /, **fields: Any) -> World:
        record = {**filled(kind.name), **fields}
        self.records.table(kind.file).sections[kind.section].put(kind.id_of(record), encode_record(record))
        return self
