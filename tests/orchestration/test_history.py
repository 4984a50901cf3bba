"""`atlas history` of a whole orchestration: a line for each change that says what was done."""

from __future__ import annotations

import re
from typing import Any

from atlas.render.audit import render_history
from tests.kit.handshake import handshake
from tests.kit.project import Project

DONE: list[tuple[list[str], str]] = [
    (["assign", "auth", "implementer-1", "--no-workspace"], "auth assigned to implementer-1"),
    (["ask", "auth", "Which\npasswords?"], "implementer-1 asked about auth (q1): Which passwords?"),
    (["answer", "auth", "Long ones"], "answered q1 of implementer-1 on auth: Long ones"),
    (handshake("auth")[0], "implementer-1 repeated auth: what is asked"),
    (handshake("auth")[1], "repetition of implementer-1 on auth confirmed"),
    (handshake("auth")[2], "implementer-1 authorised on auth"),
    (["update", "send", "auth", "--type", "scope_change", "--text", "More"], "update u1 (scope_change) of auth sent"),
    (["update", "record-receipt", "auth"], "implementer-1 received update u1 of auth"),
    (["update", "record-feasibility", "auth", *["--feasibility", "yes"] * 5], "implementer-1 on update u1 of auth"),
    (["update", "authorize-resume", "auth"], "implementer-1 may resume auth after update u1"),
    (["poll", "implementer-1"], "poll 1 about auth sent to implementer-1"),
    (["poll", "implementer-1", "--record-response", "Half"], "implementer-1 answered poll 1 about auth: Half"),
    (["discover", "--severity", "info", "--affects", "auth", "Late"], "shared disc-"),
    (["interrupt", "implementer-1", "Wait"], "sent to implementer-1"),
    (["report", "auth", "progress", "--text", "x" * 900], f"implementer-1 reported auth: progress: {'x' * 199}…"),
    (["report", "auth", "done"], "implementer-1 reported auth: done"),
    (["complete", "auth"], "checks of auth passed on"),
    (["modify", "prioritize", "board", "--priority", "critical"], "board modified: "),
    (["assign", "board", "dev-alice"], "board assigned to dev-alice"),
    (["reassign", "board", "--to", "implementer-2", "--no-workspace"], "board reassigned from dev-alice to"),
    (["modify", "add", "--name", "Docs"], "docs added"),
    (["modify", "remove", "docs"], "docs removed"),
    (["settings", "poll.minutes", "7"], "setting poll.minutes changed: 7"),
    (["pause", "--for", "5", "By hand"], "gates paused until"),
    (["pause", "--off"], "gates restored"),
]


def test_what_was_done_is_said(shop: Project) -> None:
    shop.commit("auth.txt")
    shop.walk(command for command, _ in DONE)
    changes: list[Any] = shop.does("history", "--limit", "999")["changes"]
    begun = [words for change in changes for words in said(change)]
    for words in ("begun: Build a shop", "plan: add auth: ", "approved with 2 modules", "started with 2 modules"):
        assert any(words in one for one in begun), (words, begun)
    assert "implementer-1 registered (ai)" in begun
    rest = iter(changes)
    for (typed, *_), words in DONE:  # in this order
        verb = {"settings": "configure"}.get(typed, typed)  # the form of it that changes something
        assert any(change["verb"] == verb and words in "; ".join(said(change)) for change in rest), (verb, words)
    assert all(change["events"] for change in changes), [c for c in changes if not c["events"]]
    assert any(one.startswith("auth merged as ") for change in changes for one in said(change))
    assert any(one == "auth complete" for change in changes for one in said(change))
    text = shop.run("history", "--limit", "999").stdout
    asking = r"person  ask: implementer-1 asked about auth \(q1\)$\n +\| Which passwords\?$"
    assert re.search(asking, text, re.MULTILINE)
    (asked,) = [event for change in changes for event in change["events"] if event["event"] == "QuestionAsked"]
    fields = {"module": "auth", "agent": "implementer-1", "question": "q1", "text": "Which passwords?"}
    assert asked["fields"] == fields


def test_a_line_without_events_is_shown_by_its_records(shop: Project) -> None:
    change: Any = {"seq": 1, "at": "", "actor": None, "verb": "ask", "events": []}
    change["records"] = [{"kind": "assignment", "id": "task-1", "status": "assigned"}]
    result: Any = {"changes": [change], "total": 1, "faults": [], "unfinished_bytes": 0, "differences": []}
    result["equal"] = True
    assert "ask: assignment task-1 assigned" in render_history(result)


def said(change: Any) -> list[str]:
    return [event["words"] for event in change["events"]]
