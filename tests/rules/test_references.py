"""What must hold between records: every rule finds its fault in an orchestration that is otherwise sound."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from atlas.core.records.kinds import Kind
from atlas.core.rules import references
from tests.kit.state import WORKER, records

Sections = dict[str, Any]


class Records:
    """Records by section and key."""

    def __init__(self, sections: Sections) -> None:
        self.sections = sections

    def get(self, kind: Kind[Any], key: str) -> Any:
        return self.sections[kind.section].get(key)

    def all(self, kind: Kind[Any]) -> list[Any]:
        return list(self.sections.setdefault(kind.section, {}).values())

    def keys(self, kind: Any) -> list[str]:
        return list(self.sections[kind.section])


def only(sections: Sections, section: str) -> Any:
    (record,) = sections[section].values()
    return record


def of(sections: Sections, module: str) -> Any:
    """The assignment of a module."""
    return next(a for a in sections["assignments"].values() if a["module"] == module)


def add_evidence(sections: Sections, module: str, row: str, passed: bool) -> None:
    sections.setdefault("evidence", {})[row] = {"row": row, "module": module, "passed": passed}


def complete(sections: Sections) -> None:
    """Everything done, as it would be."""
    for module in sections["modules"].values():
        module.update(status="complete", task_uuid=None)
        for number, passed in enumerate((False, True)):
            add_evidence(sections, module["id"], f"evidence-{module['id']}-{number}", passed)
    for assignment in sections["assignments"].values():
        assignment.update(status="complete", ended_at="2026-01-31T08:00:00Z")
    only(sections, "workflows").update(status="complete", completed_at="2026-01-31T08:00:00Z")


def twice(sections: Sections, section: str) -> None:
    sections[section]["another"] = {**only(sections, section), "id": "another"}


def undo_evidence(sections: Sections) -> None:
    complete(sections)
    add_evidence(sections, "docs", "evidence-of-another-time", False)


def close_early(sections: Sections) -> None:
    only(sections, "workflows").update(status="complete", completed_at="2026-01-31T08:00:00Z")


def stay_open(sections: Sections) -> None:
    complete(sections)
    only(sections, "workflows").update(status="executing", completed_at=None)


def give_twice(sections: Sections) -> None:
    sections["assignments"]["task-000000000000"] = {**of(sections, "docs"), "task_uuid": "task-000000000000"}


FAULTS: dict[str, Callable[[Sections], object]] = {
    "there are 2 workflows and 1 missions": lambda s: twice(s, "workflows"),
    "there are 1 workflows and 2 missions": lambda s: twice(s, "missions"),
    "there are 3 modules but no workflow": lambda s: s["workflows"].clear(),
    "which does not exist": lambda s: s["missions"].clear(),
    "is drafting in the phase orchestration": lambda s: only(s, "workflows").update(status="drafting"),
    "is in the phase planning with 3 modules": lambda s: only(s, "workflows").update(phase="planning"),
    "is in the phase orchestration with 0 modules": lambda s: s["modules"].clear(),
    "is complete with 3 of 3 modules left": close_early,
    "is executing with 0 of 3 modules left": stay_open,
    "is executing, completed at 2026": lambda s: only(s, "workflows").update(completed_at="2026-01-31T08:00:00Z"),
    "module docs has 2 live assignments": give_twice,
    "module board is assigned with no live assignment": lambda s: s["modules"]["board"].update(status="assigned"),
    "module docs is pending with a live assignment": lambda s: s["modules"]["docs"].update(status="pending"),
    "module docs names None as its assignment": lambda s: s["modules"]["docs"].update(task_uuid=None),
    "module board names task-": lambda s: s["modules"]["board"].update(task_uuid=of(s, "docs")["task_uuid"]),
    "module board is nobody's, who is not registered": lambda s: s["modules"]["board"].update(assigned_to="nobody"),
    "module docs is implementer-1's, its assignment dev-alice's": lambda s: s["modules"]["docs"].update(
        assigned_to="implementer-1"
    ),
    "module docs is complete without evidence": undo_evidence,
    "is dev-alice's, who is not registered": lambda s: s["agents"].pop("dev-alice"),
    "is for an agent of type ai, dev-alice is human": lambda s: of(s, "docs").update(agent_type="ai"),
    "is of module nothing, which does not exist": lambda s: of(s, "docs").update(module="nothing"),
    "is assigned, ended at 2026": lambda s: of(s, "docs").update(ended_at="2026-01-31T08:00:00Z"),
    "module board depends on 'nowhere'": lambda s: s["modules"]["board"].update(dependencies=["nowhere"]),
    "dependencies go in a circle: ": lambda s: s["modules"]["auth-core"].update(dependencies=["board"]),
    "is for nobody, who is not registered": lambda s: only(s, "messages").update(to="nobody"),
    "is about task-000000000000, which does not exist": lambda s: only(s, "messages").update(
        task_uuid="task-000000000000"
    ),
    f"session {WORKER} is nobody's": lambda s: s["sessions"][WORKER].update(agent="nobody"),
    "workspace w is for task-000000000000": lambda s: s["workspaces"].update(
        w={"name": "w", "task_uuid": "task-000000000000"}
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(begun: Path, fault: str) -> None:
    sections = records(begun)
    FAULTS[fault](sections)
    assert any(fault in line for line in references.reference_faults(cast("Any", Records(sections))))


@pytest.mark.parametrize(
    "change", [lambda s: None, complete, lambda s: only(s, "messages").update(to="lead", task_uuid=None)]
)
def test_what_is_sound_has_no_faults(begun: Path, change: Callable[[Sections], object]) -> None:
    sections = records(begun)
    change(sections)
    assert references.reference_faults(cast("Any", Records(sections))) == []
