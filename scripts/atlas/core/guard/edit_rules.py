"""The rules for what is written: by a worker outside its workspace, by the lead where others work."""

from __future__ import annotations

from atlas.core.verbs import WORKER

from . import refusals
from .protected_paths import inside, is_document, is_temporary, own_paths, reaches
from .role_view import RoleView
from .targets import Target, resolved

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def broken_by_edits(view: RoleView, targets: list[Target]) -> Iterator[tuple[str, str]]:
    """The rules that writing these targets breaks, and why."""
    own = own_paths(view.root, view.private, [one.folder for one in view.workspaces])
    for target in resolved(targets):
        path = target.path
        if reaches(target, own):
            yield "state", refusals.why("state", path=path)
        if view.unbound:
            yield "unbound", refusals.why("unbound", path=path)
        elif view.role == WORKER:
            yield from _workers_writing(view, path)
        else:
            yield from _leads_writing(view, path)


def _workers_writing(view: RoleView, path: str) -> Iterator[tuple[str, str]]:
    mine = view.holding(path)
    if mine is None and not is_temporary(view.root, path):
        yours = ", ".join(one.folder for one in view.workspaces) or "none now"
        yield "outside", refusals.why("outside", path=path, yours=yours)
    if mine is not None and not mine.may_edit:
        yield "understanding", refusals.why("understanding", path=path, module=mine.module)


def _leads_writing(view: RoleView, path: str) -> Iterator[tuple[str, str]]:
    owner = view.holding(path)
    if owner is not None:
        yield "delegate", refusals.why("owned", path=path, agent=owner.agent, module=owner.module)
    elif inside(view.root, path) and not is_document(view.root, path):
        if view.phase == "planning":
            yield "plan-first", refusals.why("plan-first", path=path)
        if view.phase == "executing":
            yield "delegate", refusals.why("delegate", path=path)
