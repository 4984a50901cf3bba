"""Lifting the gates of a project for a while, as the person, and putting them back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlas.core import clock, text
from atlas.core.errors import AtlasError
from atlas.core.following.attendance import pause_in_force
from atlas.core.records.kinds import WORKFLOW

if TYPE_CHECKING:
    from atlas.adapters.store.transaction import Transaction
    from atlas.core.records.plan import Pause
    from atlas.core.results.project import PauseResult
    from atlas.core.rules.roles import Actor

    from .context import Context

_LONGEST = 7 * 24 * 60


def begin_pause(context: Context, reason: str, minutes: int | None) -> PauseResult:
    """Lift the gates, for so many minutes or until they are put back; a pause that is in force is replaced.

    Raises AtlasError without a reason or an orchestration, and for anyone but the person.
    """
    if not reason.strip():
        raise AtlasError("say why, for the record: atlas pause [--for MINUTES] REASON (`--off` puts the gates back)")
    if minutes is not None and not 0 < minutes <= _LONGEST:
        raise AtlasError(f"--for {minutes}: give 1 to {_LONGEST} minutes, or leave it out")

    def run(tx: Transaction, actor: Actor) -> PauseResult:
        until = clock.add_seconds(tx.at, minutes * 60) if minutes else None
        return _set_pause(tx, {"at": tx.at, "until": until, "reason": text.one_line(reason), "by": actor["role"]})

    return context.transact("pause", run)


def end_pause(context: Context, reason: str, minutes: int | None) -> PauseResult:
    """Put the gates back. Raises AtlasError without an orchestration, and for anyone but the person."""
    if reason or minutes is not None:
        raise AtlasError("--off takes neither a reason nor --for: it puts the gates back now")
    return context.transact("pause", lambda tx, actor: _set_pause(tx, None))


def _set_pause(tx: Transaction, pause: Pause | None) -> PauseResult:
    workflow = tx.only(WORKFLOW)
    if workflow is None:
        raise AtlasError('there are no gates to lift yet: begin with atlas plan "GOAL"')
    before = pause_in_force(workflow["paused"], tx.at)
    tx.patch(WORKFLOW, workflow, paused=pause)
    if pause is not None:
        tx.emit("GatesPaused", until=pause["until"] or "they are put back", text=pause["reason"])
    elif workflow["paused"] is not None:
        tx.emit("GatesRestored")
    return {"paused": pause, "before": before}
