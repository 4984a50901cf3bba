"""What checks came to on a tree, kept in a cache: on the very same tree they need not run again.

Only green results stand in the place of a run. Of a base it is kept what each check came to, to explain failures.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from atlas.adapters.system import disk
from atlas.core.clock import current_time
from atlas.core.records.rows import COULD_NOT_RUN, PASSED, Check

if TYPE_CHECKING:
    from atlas.core.paths import Project

    from .conditions import Conditions

_MOST = 200
"""Results that are kept: those of the newest trees."""
_MOST_RUNS = 20
"""Runs that are kept of one base."""


def result_key(tree: str, commands: Sequence[str], conditions: Conditions) -> str:
    """The name of the results of these commands, in this order and after this set-up, on a tree."""
    about = json.dumps([tree, list(commands), conditions.set_up])
    return hashlib.sha256(about.encode("utf-8", "surrogatepass")).hexdigest()


def recall_green(project: Project, key: str) -> list[Check] | None:
    """The checks as they all passed before, each with the time of that."""
    known = disk.read_cache(_cache_path(project)).get(key)
    if not isinstance(known, dict) or "checks" not in known:
        return None
    checks: list[Check] = known["checks"]
    for check in checks:
        check["cached_at"] = known["at"]
    return checks


def green_keys(project: Project) -> set[str]:
    """The names of all results that are green: one look, however many are asked for."""
    known = disk.read_cache(_cache_path(project)).items()
    return {key for key, kept in known if isinstance(kept, dict) and "checks" in kept}


def remember_green(project: Project, key: str, checks: Sequence[Check]) -> None:
    """Keep how these checks ran, if every one of them passed."""
    if all(check["outcome"] == PASSED for check in checks):
        _keep(project, key, {"at": current_time(), "checks": list(checks)})


def recall_base(project: Project, commit: str, commands: Sequence[str], conditions: Conditions) -> list[Check] | None:
    """How these checks ran on a base, in this order, maybe with others between or before them."""
    known = disk.read_cache(_cache_path(project)).get(_base_key(commit, conditions))
    for ran in reversed(known["runs"]) if isinstance(known, dict) and "runs" in known else []:
        found = _ran_in_order(ran, commands)
        if found is not None:
            return found
    return None


def remember_base(project: Project, commit: str, conditions: Conditions, checks: Sequence[Check]) -> None:
    """Keep how these checks ran on a base, one after the other, unless one could not run: that may soon be mended."""
    if not checks or any(check["outcome"] == COULD_NOT_RUN for check in checks):
        return
    key = _base_key(commit, conditions)
    known = disk.read_cache(_cache_path(project)).get(key)
    runs = known["runs"] if isinstance(known, dict) and "runs" in known else []
    _keep(project, key, {"at": current_time(), "runs": [*runs, list(checks)][-_MOST_RUNS:]})


def _base_key(commit: str, conditions: Conditions) -> str:
    return result_key(f"base {commit}", [], conditions)


def _ran_in_order(ran: Sequence[Check], commands: Sequence[str]) -> list[Check] | None:
    """The checks of a run with these commands, if they ran in this order: then each had those before it."""
    left, found = iter(ran), []
    for command in commands:
        check = next((check for check in left if check["command"] == command), None)
        if check is None:
            return None
        found.append(check)
    return found


def _cache_path(project: Project) -> str:
    return os.path.join(project.private, "cache", "proofs.json")


def _keep(project: Project, key: str, value: Any) -> None:
    path = _cache_path(project)
    known = {other: kept for other, kept in disk.read_cache(path).items() if other != key}
    disk.write_cache(path, dict([*known.items(), (key, value)][-_MOST:]))
