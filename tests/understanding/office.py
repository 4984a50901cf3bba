"""A project whose agents are to understand before they work: `api` is `one`'s, `board` `two`'s, `docs` a person's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from atlas.app import context_at
from atlas.core.errors import AtlasError
from atlas.core.records.assignment import ReportKind
from atlas.core.records.kinds import ASSIGNMENT, MESSAGE, MODULE, WORKSPACE
from atlas.core.records.whole import whole_assignments
from atlas.services.assignments import agents, reports
from atlas.services.messages import inbox
from atlas.services.orchestration import reassigning, starting
from atlas.services.plan import approval, beginning, module_edits
from atlas.services.project import settings
from atlas.services.project.context import Context
from atlas.services.understanding import authorisation, judgement, questions, repetition
from tests.kit.orchestrations import assign

ONE, TWO, LEAD = "s-one", "s-two", "s-lead"
MODULES: dict[str, Any] = {
    "api": {"add_criteria": ["Requests work", "Errors are 4xx"], "add_scope": ["src/api/**", "setup.py"]},
    "board": {"add_criteria": ["It shows"], "add_scope": ["src/board/**", "setup.cfg"]},
    "docs": {"add_criteria": ["They help"]},
}
RIGHT: dict[str, Any] = {
    "criteria": ["c1", "c2"],
    "files": ["src/api/routes.py"],
    "out_of_scope": "The board",
    "evidence": "The tests of the routes pass",
    "text": "I write the routes",
}


class Office:
    """The project in `folder`, and its verbs as whoever calls them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def as_(self, session: str | None) -> Context:
        return context_at(str(self.folder), session)

    def repeat(self, module: str = "api", session: str | None = ONE, **said: Any) -> Any:
        """Its agent repeats a task; what is not said is right for `api`."""
        return repetition.repeat_task(self.as_(session), module, {**RIGHT, **said})

    def ask(self, text: str, module: str = "api", session: str | None = ONE) -> Any:
        return questions.ask_question(self.as_(session), module, text)

    def confirm(self, target: str = "api") -> Any:
        return judgement.judge_repetition(self.as_(LEAD), target, None, None)

    def correct(self, text: str, target: str = "api") -> Any:
        return judgement.judge_repetition(self.as_(LEAD), target, None, text)

    def authorize(self, target: str = "api", session: str | None = LEAD) -> Any:
        return authorisation.authorize_agent(self.as_(session), target, None)

    def begin(self) -> None:
        """The whole handshake of `one` about `api`."""
        self.repeat()
        self.confirm()
        self.authorize()

    def report(self, kind: ReportKind = "started", session: str | None = ONE) -> Any:
        return reports.report_module(self.as_(session), "api", kind, "in words")

    def switch_off(self) -> None:
        settings.change_setting(self.as_(None), "gate.understanding", ["off"])

    def verification(self, module: str = "api") -> Any:
        return self.assignment(module)["instruction_verification"]

    def assignment(self, module: str = "api") -> Any:
        """The last assignment of a module, with its rows."""
        found = self.as_(None).store.read(lambda tx: whole_assignments(tx, tx.all(ASSIGNMENT)))
        return [assignment for assignment in found if assignment["module"] == module][-1]

    def module(self, module: str = "api") -> Any:
        return self.as_(None).store.read(lambda tx: tx.need(MODULE, module))

    def mail(self, mailbox: str) -> list[Any]:
        """All messages to a mailbox, oldest first."""
        found = self.as_(None).store.read(lambda tx: tx.all(MESSAGE))
        return [message for message in found if message["to"] == mailbox]

    @property
    def position(self) -> int:
        """The number of the last change."""
        return self.as_(None).store.position()


def open_office(folder: Path) -> Office:
    """Begin the orchestration, without workspaces, so that the folder can be copied."""
    office = Office(folder)
    person = office.as_(None)
    beginning.start_plan(person, "Build a shop")
    for name, edit in MODULES.items():
        module_edits.add_module(person, name, "medium", edit)
    approval.approve_plan(person)
    starting.start_workflow(office.as_(LEAD))
    for agent, session in (("one", ONE), ("two", TWO)):
        agents.register_agent(person, "ai", f"{agent}-session", agent)
        inbox.read_inbox(office.as_(session), agent)
    agents.register_agent(person, "human", "dev-alice")
    for module, agent in (("api", "one"), ("board", "two"), ("docs", "dev-alice")):
        assign(person, module, agent)
    return office


def in_a_workspace(office: Office, module: str = "api") -> Path:
    """Give a module anew to its agent, with a workspace this time."""
    with_one: Any = {"api": ("two", "one"), "board": ("one", "two")}[module]
    for agent in with_one:
        reassigning.redispatch_module(office.as_(LEAD), module, agent, workspace=agent == with_one[1])
    (place,) = (
        w for w in office.as_(None).store.read(lambda tx: tx.all(WORKSPACE)) if w["module"] == module and w["agent"]
    )
    return office.folder / place["path"]


def refused(call: Callable[[], Any]) -> str:
    """The one line that a call is refused with."""
    with pytest.raises(AtlasError) as caught:
        call()
    return str(caught.value)


def nothing_changes(office: Office, call: Callable[[], Any]) -> Any:
    """The result of a call that leaves no line in the history."""
    before = office.position
    result = call()
    assert office.position == before
    return result
