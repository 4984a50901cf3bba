"""No sequence of commands, by whomever, with accidents in between, reaches an illegal state."""

from __future__ import annotations

import functools
import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from atlas.adapters.store import log
from atlas.adapters.store.replay import Replay
from atlas.board import status as board
from atlas.core.records.assignment import REPORTS
from atlas.core.records.kinds import AGENT, ASSIGNMENT, FILES, MESSAGE, MODULE, SESSION, WORKFLOW
from atlas.core.records.transitions import TRANSITIONS
from atlas.services.assignments import agents, reports
from atlas.services.messages import inbox, notices
from atlas.services.orchestration import leading, modules, starting, workflow
from atlas.services.plan import approval, beginning, module_edits, plan
from atlas.services.plan.document import PlanDocument
from atlas.services.project.context import Context
from atlas.services.proof import evidence
from atlas.services.sessions import polling
from atlas.services.understanding import authorisation, judgement, questions, repetition
from tests.kit import orchestrations as state
from tests.kit.orchestrations import assert_whole, context, copy, plan_modules, project_of, records, refusal, start
from tests.kit.orchestrations import repetition as repeated
from tests.support import ROUNDS, make_repository

from .dice import DICE, NAMES, ROLLS, Dice

HELD = ("assigned", "in_progress", "blocked", "pending_verification")
WORKERS_MAY = {"report", "repeat", "ask", "inbox", "status", "plan-status", "check", "check-plan"}
"""Written out once more, so that a slip in the table of roles is noticed."""
VIA_VERIFICATION = {(status, "complete") for status in ("assigned", "in_progress", "blocked")}
"""Changes of a module that one transaction makes in two legal steps."""


class Orchestration(RuleBasedStateMachine):
    """People, a lead, workers, hooks and accidents, all at one project."""

    templates: dict[str, Path]

    @initialize(template=st.sampled_from(["bare", "planned", "running", "running"]))
    def begin(self, template: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="atlas-machine-"))
        self.repo = copy(self.templates[template], self.folder / "project")
        self.state = assert_whole(self.repo)
        self.statuses = statuses(self.state)
        self.last_files: dict[Path, bytes] = {}

    def teardown(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def do(self, verb: str, session: str | None, call: Callable[[Context], Any]) -> Any:
        """Run a verb. What is refused changes nothing; what is not refused was allowed."""
        worker = self.agent_of(session)
        before = self.state.seq
        self.remember_files()
        results: list[Any] = []
        complaint = refusal(lambda: results.append(call(context(self.repo, session))))
        if complaint is not None:
            assert complaint
            assert "\n" not in complaint
            assert position(self.repo) == before, f"refused, yet changed: {complaint}"
            return None
        assert worker is None or verb in WORKERS_MAY, f"a worker got through with {verb}"
        return results[0]

    def agent_of(self, session: str | None) -> str | None:
        """The agent whose worker calls from this session, by the records alone."""
        flow = next(iter(records(self.state, WORKFLOW).values()), {"lead": None})
        known = {s["id"]: s["agent"] for s in records(self.state, SESSION).values()}
        key = {"S-One": next((k for k in known if k.startswith("s-one-")), None)}.get(session or "", session)
        if not key or flow["lead"] == key:
            return None
        agent: str | None = known.get(key)
        return agent

    @property
    def phase(self) -> str:
        phases = [str(flow["phase"]) for flow in records(self.state, WORKFLOW).values()]
        return phases[0] if phases else ""

    def module(self, dice: Dice, *fitting: str) -> str:
        """The id of a module of the plan or the orchestration, mostly of a fitting status; or of none that exists."""
        planned = PlanDocument(self.state.plan).modules if self.state.plan and self.phase == "planning" else []
        known = {module["id"]: module["status"] for module in planned or records(self.state, MODULE).values()}
        fit = [key for key, status in known.items() if status in fitting] * 3
        choices = [*fit, *known, "unknown"]
        return str(choices[dice.module % len(choices)])

    def agent(self, dice: Dice) -> str:
        """The id of an agent, or of none that exists."""
        known = list(records(self.state, AGENT))
        choices = [*known, *known, *known, "unknown"]
        return choices[dice.agent % len(choices)]

    def remember_files(self) -> None:
        project = project_of(self.repo)
        places = [*(Path(project.claude, file) for file in FILES), Path(project.plan), Path(project.checkpoint)]
        self.last_files = {path: path.read_bytes() for path in places if path.exists()}

    @rule(step=ROLLS, dice=DICE)
    def something_happens(self, step: int, dice: Dice) -> None:
        steps = STEPS[self.phase]
        steps[step % len(steps)](self, dice)

    # The plan phase.

    def plan(self, dice: Dice) -> None:
        goal = dice.one_of(["A goal", "Another", " "])
        self.do("plan", dice.leader, lambda here: beginning.start_plan(here, goal, abandon=dice.agent < 10))

    def requirement_add(self, dice: Dice) -> None:
        name = dice.one_of(NAMES)
        self.do("requirement", dice.leader, lambda here: module_edits.add_module(here, name, "high", dice.edit))

    def requirement_modify(self, dice: Dice) -> None:
        module = self.module(dice)
        self.do("requirement", dice.leader, lambda here: module_edits.modify_module(here, module, dice.edit))

    def requirement_remove(self, dice: Dice) -> None:
        module = self.module(dice)
        self.do("requirement", dice.leader, lambda here: module_edits.remove_module(here, module))

    def edit_by_hand(self, dice: Dice) -> None:
        path = Path(project_of(self.repo).plan)
        if path.exists():
            path.write_bytes(path.read_bytes().replace(b"acceptance_criteria: []", b"acceptance_criteria: [it works]"))

    def approve(self, dice: Dice) -> None:
        self.do("approve", dice.leader, lambda here: approval.approve_plan(here, dry_run=dice.which < 20))

    def start(self, dice: Dice) -> None:
        self.do("start", dice.leader, starting.start_workflow)

    # The orchestration.

    def register(self, dice: Dice) -> None:
        kind, name = dice.one_of(
            [("ai", "one"), ("ai", "three"), ("human", "two"), ("human", "Müller"), ("robot", "x")]
        )
        chosen = dice.one_of([None, None, "chosen", "implementer-2", "lead", "Not an id", "other"])
        self.do("register", dice.leader, lambda here: agents.register_agent(here, kind, name, chosen))

    def assign(self, dice: Dice) -> None:
        module, agent = self.module(dice, "pending"), self.agent(dice)
        self.do("assign", dice.leader, lambda here: state.assign(here, module, agent, dice.often))

    def reassign(self, dice: Dice) -> None:
        module, agent = self.module(dice, *HELD), self.agent(dice)
        self.do("reassign", dice.leader, lambda here: state.reassign(here, module, agent, dice.often))

    def report(self, dice: Dice) -> None:
        module, kind, worker = self.module(dice, *HELD), dice.one_of(REPORTS), self.agent_of(dice.anybody)
        holder = records(self.state, MODULE).get(module, {}).get("assigned_to")
        verified = self.verification(module).get("status") == "verified"
        done = self.do("report", dice.anybody, lambda here: reports.report_module(here, module, kind, dice.text))
        assert done is None or worker in (None, holder), "a worker reported on another one's module"
        assert done is None or worker is None or kind == "blocked" or verified, (
            "a worker began without being authorised"
        )

    def repeat(self, dice: Dice) -> None:
        module, worker = self.module(dice, *HELD), self.agent_of(dice.anybody)
        criteria = records(self.state, MODULE).get(module, {}).get("acceptance_criteria", [])
        ids = [f"c{number}" for number, _ in enumerate(criteria, 1 + (dice.which < 30))]
        said = repeated(criteria=ids, text=dice.text, files=dice.one_of([["x"], ["y", "x/y"], ["../x"]]))
        holder = records(self.state, MODULE).get(module, {}).get("assigned_to")
        done = self.do("repeat", dice.anybody, lambda here: repetition.repeat_task(here, module, said))
        assert done is None or worker in (None, holder), "a worker repeated another one's task"

    def ask(self, dice: Dice) -> None:
        module = self.module(dice, *HELD)
        self.do("ask", dice.anybody, lambda here: questions.ask_question(here, module, dice.text))

    def answer(self, dice: Dice) -> None:
        module = self.module(dice, *HELD)
        self.do("answer", dice.leader, lambda here: questions.answer_question(here, module, None, dice.text))

    def judge(self, dice: Dice) -> None:
        module, wrong = self.module(dice, *HELD), None if dice.often else dice.text
        self.do("verify-instructions", dice.leader, lambda here: judgement.judge_repetition(here, module, None, wrong))

    def authorize(self, dice: Dice) -> None:
        module, before = self.module(dice, *HELD), self.verification
        confirmed = before(module).get("repetition_correct") or before(module).get("status") == "verified"
        done = self.do(
            "verify-instructions", dice.leader, lambda here: authorisation.authorize_agent(here, module, None)
        )
        assert done is None or confirmed, "authorised without a repetition that was confirmed"

    def verification(self, module: str) -> dict[str, Any]:
        """That of the live assignment of a module; nothing when nobody has it."""
        task = records(self.state, MODULE).get(module, {}).get("task_uuid")
        found: dict[str, Any] = records(self.state, ASSIGNMENT).get(task, {}).get("instruction_verification", {})
        return found

    def complete(self, dice: Dice) -> None:
        module, override = self.module(dice, *HELD), None if dice.often else dice.text
        was = records(self.state, ASSIGNMENT).get(records(self.state, MODULE).get(module, {}).get("task_uuid"), {})
        handed_in = was.get("status") == "reported" and self.verification(module).get("status") == "verified"
        demand = evidence.Demand(reason=dice.text, override=override)
        done = self.do("complete", dice.leader, lambda here: evidence.complete_module(here, module, demand))
        said = (done or {"evidence": {"override": None}})["evidence"]["override"]
        assert done is None or handed_in or was["agent_type"] != "ai" or said, "completed what was not handed in"
        assert not said or dice.leader not in ("s-one", "s-two"), "a worker passed over a condition"

    def modify_add(self, dice: Dice) -> None:
        name = dice.one_of(NAMES)
        self.do("modify", dice.leader, lambda here: modules.add_module(here, name, "low", dice.edit))

    def modify(self, dice: Dice) -> None:
        module = self.module(dice)
        self.do("modify", dice.leader, lambda here: modules.modify_module(here, module, dice.edit))

    def remove(self, dice: Dice) -> None:
        module = self.module(dice, "pending")
        self.do("modify", dice.leader, lambda here: modules.remove_module(here, module))

    def notify(self, dice: Dice) -> None:
        agent, request = self.agent(dice), dice.one_of([None, "the-same"])
        call = functools.partial(notices.notify_agent, subject="Subject", body=dice.text, priority="high")
        self.do("notify", dice.leader, lambda here: call(here, agent, kind="notification", request=request))

    def inbox(self, dice: Dice) -> None:
        worker, mailbox = self.agent_of(dice.anybody), self.agent(dice)
        read = self.do("inbox", dice.anybody, lambda here: inbox.read_inbox(here, mailbox, keep_unread=dice.yes))
        assert read is None or worker in (None, mailbox), "a worker read another one's mailbox"

    def check_agents(self, dice: Dice) -> None:
        self.do("check-agents", dice.leader, polling.check_agents)

    def lead(self, dice: Dice) -> None:
        self.do("lead", dice.leader, lambda here: leading.take_lead(here, only_show=dice.which < 60))

    def look(self, dice: Dice) -> None:
        calls: list[tuple[str, Callable[[Context], Any]]] = [
            ("status", board.board_status),
            ("plan-status", plan.plan_status),
            ("check", workflow.check_workflow),
            ("check-plan", approval.check_plan),
        ]
        self.do(*insert(dice.anybody, dice.one_of(calls)))
        assert position(self.repo) == self.state.seq

    def out_of_turn(self, dice: Dice) -> None:
        """By whomever, and whatever the phase."""
        calls: list[tuple[str, Callable[[Context], Any]]] = [
            ("requirement", lambda here: module_edits.remove_module(here, "auth-core")),
            ("approve", approval.approve_plan),
            ("start", starting.start_workflow),
            ("register", lambda here: agents.register_agent(here, "ai", "one")),
            ("assign", lambda here: state.assign(here, "auth-core", "implementer-1")),
            (
                "notify",
                lambda here: notices.notify_agent(here, "implementer-1", "S", "B", "high", "notification", None),
            ),
            ("modify", lambda here: modules.remove_module(here, "d")),
            ("check-agents", polling.check_agents),
        ]
        self.do(*insert(dice.anybody, dice.one_of(calls)))

    # What hooks, hands and accidents do.

    def spool(self, dice: Dice) -> None:
        session = dice.one_of(["s-lead", "s-one", "s-two", "s-new"])
        fact = ["presence", "end", "decision", "receipt", "nonsense"][dice.who % 5]
        at = ["2026-01-31T08:00:00Z", "soon", None][dice.agent % 3]
        message = next(iter(records(self.state, MESSAGE)), "msg-000000000000")
        line = json.dumps({"fact": fact, "at": at, "rule": "r", "message": message})
        folder = Path(project_of(self.repo).spool)
        folder.mkdir(mode=0o700, exist_ok=True)
        with open(folder / f"{session}.jsonl", "a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")

    def damage(self, dice: Dice) -> None:
        path = Path(project_of(self.repo).claude, dice.one_of(FILES))
        if path.exists() and dice.yes:
            path.unlink()
        elif path.exists():
            path.write_bytes(dice.text.encode())

    def die_before_anything_was_shown(self, dice: Dice) -> None:
        """The last command was killed when the history had its change, and nothing else."""
        for path, data in self.last_files.items():
            path.write_bytes(data)

    @invariant()
    def everything_agrees(self) -> None:
        if not hasattr(self, "repo"):
            return
        before = self.state
        self.state = assert_whole(self.repo)
        assert self.state.seq >= before.seq
        for number, line in enumerate(lines_of(self.repo)[before.seq :], before.seq + 1):
            self.follow(log.decode_entry(line, number))
        assert self.statuses == statuses(self.state)

    def follow(self, entry: dict[str, Any]) -> None:
        """See that the statuses in a line of the history follow on those before."""
        for kind, changed in entry["records"].items():
            for key, record in changed.items():
                if kind in TRANSITIONS:
                    self.follow_status(entry["verb"], kind, key, (record or {}).get("status", ""))

    def follow_status(self, verb: str, kind: str, key: str, new: str) -> None:
        old = self.statuses.pop((kind, key), "")
        if new:
            self.statuses[kind, key] = new
        removed_at_once = verb == "plan" and new == ""
        legal = old == new or new in TRANSITIONS[kind][old] or removed_at_once
        assert legal or (verb == "complete" and kind == "module" and (old, new) in VIA_VERIFICATION), (key, old, new)


ALWAYS = [Orchestration.plan, Orchestration.lead, Orchestration.look, Orchestration.out_of_turn, Orchestration.spool]
ALWAYS += [Orchestration.damage, Orchestration.die_before_anything_was_shown]
PLANNING = [Orchestration.requirement_add, Orchestration.requirement_modify, Orchestration.requirement_remove]
PLANNING += [Orchestration.edit_by_hand, Orchestration.approve, Orchestration.approve, Orchestration.start]
RUNNING = [Orchestration.register, Orchestration.assign, Orchestration.reassign, Orchestration.report]
RUNNING += [*RUNNING, Orchestration.complete, Orchestration.modify_add, Orchestration.modify, Orchestration.remove]
RUNNING += [Orchestration.repeat, Orchestration.judge, Orchestration.authorize] * 2
RUNNING += [Orchestration.ask, Orchestration.answer]
RUNNING += [Orchestration.notify, Orchestration.inbox, Orchestration.check_agents]
STEPS = {"": ALWAYS, "planning": [*ALWAYS, *PLANNING, *PLANNING], "orchestration": [*ALWAYS, *RUNNING, *RUNNING]}
"""What may happen in each phase, as often as it is listed."""


def insert(
    who: str | None, call: tuple[str, Callable[[Context], Any]]
) -> tuple[str, str | None, Callable[[Context], Any]]:
    return call[0], who, call[1]


def position(repo: Path) -> int:
    """The number of the last line of the history."""
    return len(lines_of(repo))


def lines_of(repo: Path) -> list[bytes]:
    path = Path(project_of(repo).history)
    return path.read_bytes().splitlines(keepends=True) if path.exists() else []


def statuses(state: Replay) -> dict[tuple[str, str], str]:
    """The status of every record that has one."""
    kinds = (WORKFLOW, MODULE, ASSIGNMENT, MESSAGE)
    return {(kind.name, key): record["status"] for kind in kinds for key, record in records(state, kind).items()}


@pytest.fixture
def templates(tmp_path: Path) -> dict[str, Path]:
    """A project without any state, one with a plan, and one that runs, with workers bound to sessions."""
    bare = make_repository(tmp_path / "bare")
    planned = copy(bare, tmp_path / "planned")
    plan_modules(planned, ["Auth core", "UI"])
    running = copy(bare, tmp_path / "running")
    start(running, ["Auth core", "UI", "D"])
    here = context(running, "s-lead")
    leading.take_lead(here)
    for name, agent in (("one", "implementer-1"), ("two", "implementer-2")):
        agents.register_agent(here, "ai", name)
        inbox.read_inbox(context(running, f"s-{name}"), agent)
    state.assign(here, "auth-core", "implementer-1")
    assert set(records(assert_whole(running), AGENT)) == {"implementer-1", "implementer-2"}
    assert json.loads((running / ".claude" / "WORKFLOW_STATE.json").read_text())["sessions"]["s-two"]["agent"]
    return {"bare": bare, "planned": planned, "running": running}


@pytest.mark.torture
def test_no_sequence_of_commands_reaches_an_illegal_state(
    templates: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    Orchestration.templates = templates
    run_state_machine_as_test(
        Orchestration,
        settings=settings(
            max_examples=ROUNDS * 3,
            stateful_step_count=60,
            phases=[Phase.generate] if ROUNDS <= 20 else [Phase.generate, Phase.shrink],  # shrinking takes minutes
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
