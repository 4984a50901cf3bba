"""Which step of an update comes next, and whether the work rests: pure decisions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from atlas.core.errors import AtlasError
from atlas.core.records.assignment import new_verification
from atlas.core.rules import understanding, updates

AT = "2026-01-31T08:00:00Z"


def update(number: int = 1, minor: bool = False) -> Any:
    fields = {"id": f"u{number}", "type": "design_update", "text": "Use B", "minor": minor, "at": AT, "by": "lead"}
    return {**fields, "told": "disc-1", "status": "sent", "received_at": None, "answers": [], "concerns": []}


def assignment(*known: Any) -> Any:
    verification = {**new_verification(), "status": "verified", "authorized_at": AT}
    fields = {"module": "auth", "agent": "one", "agent_type": "ai", "handover": None}
    return {**fields, "instruction_verification": verification, "instruction_updates": list(known)}


def test_the_way_of_an_update_with_concerns() -> None:
    one, steps = update(), []
    ways: list[Callable[[], None]] = [
        lambda: updates.receive_update(one, AT),
        lambda: updates.assess_update(one, ["yes"] * 5, ["slow", "dear"]),
        lambda: updates.resolve_concerns(one, "bear it", None),
        lambda: updates.resume_update(one, AT),
    ]
    for act in ways:
        steps.append(updates.next_step(one))
        assert updates.pause_reason(assignment(one))
        act()
    assert steps == [updates.RECEIPT, updates.FEASIBILITY, updates.CONCERNS, updates.AUTHORIZATION]
    assert updates.next_step(one) is None
    assert updates.pause_reason(assignment(one)) is None


def test_without_concerns_there_is_nothing_to_resolve() -> None:
    one = update()
    updates.receive_update(one, AT)
    updates.assess_update(one, ["yes"] * 5, [])
    assert updates.next_step(one) == updates.AUTHORIZATION


def test_concerns_are_resolved_one_by_one_or_all_that_are_left() -> None:
    one = update()
    updates.assess_update(one, ["yes"] * 5, ["slow", "dear", "dull"])
    updates.resolve_concerns(one, "faster", 1)
    assert updates.next_step(one) == updates.CONCERNS
    updates.resolve_concerns(one, "bear it", None)
    assert [concern["resolution"] for concern in one["concerns"]] == ["faster", "bear it", "bear it"]
    with pytest.raises(AtlasError, match="has 3 concerns, there is no number 4"):
        updates.resolve_concerns(one, "what", 4)


def test_a_minor_one_pauses_nobody_and_ends_with_its_receipt() -> None:
    one = update(minor=True)
    assert updates.pause_reason(assignment(one)) is None
    updates.receive_update(one, AT)
    assert updates.next_step(one) is None


def test_an_open_update_closes_the_gate_that_authorisation_opened_whatever_the_rules_say() -> None:
    one = update()
    assert understanding.may_edit(assignment(), {})
    assert not understanding.may_edit(assignment(one), {})
    assert not understanding.may_edit(assignment(one), {understanding.RULE: "off"})
    with pytest.raises(
        AtlasError, match=r"design_update u1 of auth is open, next is the receipt: atlas acknowledge auth u1"
    ):
        understanding.require_editable(assignment(one), {})


def test_which_update_is_meant() -> None:
    one, two = update(1), update(2)
    assert updates.find_update(assignment(one, two), "u2") is two
    with pytest.raises(AtlasError, match="open updates u1, u2: say which"):
        updates.find_update(assignment(one, two), None)
    updates.resume_update(one, AT)
    assert updates.find_update(assignment(one, two), None) is two
    with pytest.raises(AtlasError, match="has no open update"):
        updates.find_update(assignment(one), None)
    with pytest.raises(AtlasError, match="has no update 'u9': it has u1"):
        updates.find_update(assignment(one), "u9")
