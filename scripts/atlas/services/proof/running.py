"""Running checks on a fresh clone of what would land, and telling their outcomes apart."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, NamedTuple

from atlas.adapters.git import checkout_pool
from atlas.adapters.system import checks
from atlas.adapters.system.disk import stat_files
from atlas.core.clock import current_time
from atlas.core.records.rows import COULD_NOT_RUN, FAILED, FAILS_ON_BASE, FLAKY, PASSED, Check, CheckRun
from atlas.core.rules import outcomes
from atlas.core.rules.outcomes import quarantine_of

from . import green_results, proof_set_up

if TYPE_CHECKING:
    from atlas.adapters.git.checkout_pool import Checkout
    from atlas.core.paths import Project
    from atlas.services.integration.landing import Candidate
    from atlas.services.project.context import Context

    from .conditions import Conditions


class Subject(NamedTuple):
    """What is proven: a commit that holds `candidate`'s tree, by these commands in this order.

    `workspace` is the folder that the work was done in, None for a person's.
    """

    candidate: Candidate
    commit: str
    commands: list[str]
    workspace: str | None


def run_checks(context: Context, subject: Subject, conditions: Conditions) -> list[Check]:
    """How the checks ran, one after the other as in `checks.sh`, or did before on the very same tree.

    Raises AtlasError when there can be no clone to run them in.
    """
    project, candidate = context.project, subject.candidate
    key = green_results.result_key(candidate.tree, subject.commands, conditions)
    known = None if conditions.fresh else green_results.recall_green(project, key)
    if known is not None or not subject.commands:
        return known or []
    with _hold_clone(project, subject.commit, subject.workspace) as checkout:
        found = _Round(checkout, conditions).run(subject.commands)
    if any(check["outcome"] == FAILED for check in found):
        found = _compare_with_base(context, subject, conditions, found)
    green_results.remember_green(project, key, found)
    return found


def passing_lists(context: Context, subject: Subject, lists: Sequence[list[str]], conditions: Conditions) -> list[bool]:
    """Of several lists of commands, whether each passes on what is proven, run once on a clone with nothing else in it.

    They share a clone, which is made anew when one has left anything in it. Raises AtlasError as `run_checks` does.
    """
    project = context.project
    keys = [green_results.result_key(subject.candidate.tree, one, conditions) for one in lists]
    green = set() if conditions.fresh else green_results.green_keys(project)
    passing = [key in green for key in keys]
    if all(passing):
        return passing
    with _hold_clone(project, subject.commit, subject.workspace) as checkout:
        one_round = _Round(checkout, conditions)
        for number, commands in enumerate(lists):
            if not passing[number]:
                found = one_round.run_afresh(commands)
                green_results.remember_green(project, keys[number], found)
                passing[number] = all(check["outcome"] == PASSED for check in found)
    return passing


def run_on_base(project: Project, commit: str, commands: Sequence[str], conditions: Conditions) -> list[Check]:
    """How the checks run without any work, each once, one after the other; kept in the cache of results.

    Raises AtlasError when there can be no clone to run them in.
    """
    with _hold_clone(project, commit) as checkout:
        found = _Round(checkout, conditions).run_once(commands)
    green_results.remember_base(project, commit, conditions, found)
    return found


def _hold_clone(project: Project, commit: str, workspace: str | None = None) -> AbstractContextManager[Checkout]:
    pool = checkout_pool.pool_folder(project.common, project.root)
    return checkout_pool.hold_checkout(project.root, commit, pool, workspace, on_claim=checks.end_marked)


class _Round:
    """The checks on one clone."""

    def __init__(self, checkout: Checkout, conditions: Conditions) -> None:
        self._checkout, self._conditions = checkout, conditions
        self._beginning: dict[str, tuple[int, ...]] | None = None

    def run_afresh(self, commands: Sequence[str]) -> list[Check]:
        """Run all of them, on the clone as it was made and set up: what others left in it goes before."""
        if self._beginning is not None and stat_files(self._checkout.folder) == self._beginning:
            return [self._run_one(command) for command in commands]
        if self._beginning is not None:
            self._checkout.renew()
        self._beginning = {}  # a set-up that failed has left something, too
        problem = self._set_up()
        if problem is not None:
            return [_not_run(command, problem) for command in commands]
        self._beginning = stat_files(self._checkout.folder)
        return [self._run_one(command) for command in commands]

    def run(self, commands: Sequence[str]) -> list[Check]:
        """Run all of them; one that fails is run a second time, on the clone as it was in the beginning.

        One that then passes is flaky, and so is one that passed before and then does not.
        """
        problem = self._set_up()
        if problem is not None:
            return [_not_run(command, problem) for command in commands]
        found: list[Check] = []
        for number, command in enumerate(commands):
            found.append(self._run_one(command))
            if found[-1]["outcome"] == FAILED:
                found = self._run_again(commands[: number + 1], found)
        return found

    def run_once(self, commands: Sequence[str]) -> list[Check]:
        """Run each of them once. After one that changed what git tracks, the next begins with a clone made as new."""
        problem = self._set_up()
        found: list[Check] = []
        for command in commands:
            found.append(self._run_one(command) if problem is None else _not_run(command, problem))
            if problem is None and self._checkout.changes():
                problem = self._begin_anew()
        return found

    def _set_up(self) -> str | None:
        """Make the clone fit for its checks. Returns why they could not run after it, None when they can."""
        return proof_set_up.set_up_clone(self._checkout, self._conditions)

    def _begin_anew(self) -> str | None:
        """The same, on the clone as it was in the beginning."""
        self._checkout.renew()
        return self._set_up()

    def _run_one(self, command: str) -> Check:
        ran = checks.run_check(
            command,
            self._checkout.folder,
            self._conditions.limits,
            self._conditions.environment,
            self._checkout.mark,
        )
        outcome, why = outcomes.judge_run(ran["exit_code"], ran["stopped"], ran["output_tail"])
        changed = self._checkout.changes()
        if changed and outcome == PASSED:
            outcome, why = FAILED, _changed_text(changed)
        return {**ran, "outcome": outcome, "why": why, "first": None, "cached_at": None, "quarantined_by": None}

    def _run_again(self, commands: Sequence[str], before: list[Check]) -> list[Check]:
        if self._begin_anew() is not None:
            return before
        now = [self._run_one(command) for command in commands]
        entries = self._conditions.quarantine
        return [_as_flaky(one, two, entries) if one["outcome"] != two["outcome"] else one
                for one, two in zip(before, now, strict=True)]  # fmt: skip


def _as_flaky(one: Check, two: Check, entries: Sequence[str]) -> Check:
    if one["outcome"] == FLAKY or PASSED not in (one["outcome"], two["outcome"]):
        return one
    quarantine = quarantine_of(one["command"], entries, current_time())
    ran = _run_of(one)
    why = f"it {_said(one)} and then {_said(two)} on the same tree"
    by = quarantine.by if quarantine else None
    return {**two, "outcome": FLAKY, "why": why, "first": ran, "quarantined_by": by}


def _said(check: Check) -> str:
    return "passed" if check["outcome"] == PASSED else "failed"


def _run_of(check: Check) -> CheckRun:
    keys = CheckRun.__annotations__
    found: CheckRun = {key: value for key, value in check.items() if key in keys}  # type: ignore[assignment]
    return found


def _changed_text(changed: Sequence[str]) -> str:
    names = ", ".join(changed[:3]) + (f" and {len(changed) - 3} more" if changed[3:] else "")
    return f"it left {names} changed, which git tracks"


def _not_run(command: str, problem: str) -> Check:
    return {
        "command": command,
        "exit_code": None,
        "seconds": 0,
        "output_tail": "",
        "outcome": COULD_NOT_RUN,
        "why": problem,
        "first": None,
        "cached_at": None,
    }


def _compare_with_base(context: Context, subject: Subject, conditions: Conditions, found: list[Check]) -> list[Check]:
    """Say of those that failed whether they fail without the work, too: an explanation, and no excuse."""
    tip = subject.candidate.tip
    last = max(number for number, check in enumerate(found) if check["outcome"] == FAILED)
    commands = subject.commands[: last + 1]
    base = green_results.recall_base(context.project, tip.commit, commands, conditions)
    if base is None:
        base = run_on_base(context.project, tip.commit, commands, conditions)
    for check, before_it in zip(found, base, strict=False):
        if check["outcome"] == before_it["outcome"] == FAILED:
            check["outcome"] = FAILS_ON_BASE
            before = f"{check['why']}; " if check["why"] else ""
            check["why"] = f"{before}it fails without this work, too, on {tip.commit[:12]}"
    return found
