"""Changing what is asked of a module: the same edits in the plan and in a running orchestration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

from atlas.core.errors import AtlasError
from atlas.core.paths import own_path


class Edit(TypedDict, total=False):
    """What to change. Numbers in `remove_*` count from 1."""

    name: str | None
    description: str | None
    priority: str | None
    add_criteria: Sequence[str]
    remove_criteria: Sequence[int]
    add_dependencies: Sequence[str]
    remove_dependencies: Sequence[str]
    add_checks: Sequence[str]
    remove_checks: Sequence[int]
    add_scope: Sequence[str]
    remove_scope: Sequence[int]


def apply_edit(module: dict[str, Any], edit: Edit) -> list[str]:
    """Change the module in place; returns a line for each thing that changed, none when it already was so.

    Raises AtlasError when something to remove is not there, a text to add is blank, or a path leads outside.
    """
    changes: list[str] = []
    for field in ("name", "description", "priority"):
        value = edit.get(field)
        if value is not None and value != module[field]:
            module[field] = value
            changes.append(f"{field}: {value}")
    _remove_numbers(module["acceptance_criteria"], edit.get("remove_criteria", ()), "criterion", changes)
    _remove_numbers(module["checks"], edit.get("remove_checks", ()), "check", changes)
    _remove_numbers(module["scope"], edit.get("remove_scope", ()), "scope", changes)
    for needed in edit.get("remove_dependencies", ()):
        if needed not in module["dependencies"]:
            raise AtlasError(f"{module['id']} does not depend on {needed!r}")
        module["dependencies"].remove(needed)
        changes.append(f"no longer depends on {needed}")
    _add_items(module["scope"], [own_path(path, "--scope") for path in edit.get("add_scope", ())], "scope", changes)
    _add_items(module["acceptance_criteria"], edit.get("add_criteria", ()), "criterion", changes)
    _add_items(module["checks"], edit.get("add_checks", ()), "check", changes)
    _add_items(module["dependencies"], edit.get("add_dependencies", ()), "dependency", changes)
    return changes


def _add_items(present: list[str], added: Sequence[str], what: str, changes: list[str]) -> None:
    for text in added:
        if not text.strip():
            raise AtlasError(f"the {what} is empty: give a text")
        if text not in present:
            present.append(text)
            changes.append(f"new {what}: {text}")


def _remove_numbers(present: list[str], numbers: Sequence[int], what: str, changes: list[str]) -> None:
    for number in sorted(set(numbers), reverse=True):
        if not 1 <= number <= len(present):
            raise AtlasError(f"there is no {what} {number}: there are {len(present)}")
        changes.append(f"{what} removed: {present.pop(number - 1)}")
