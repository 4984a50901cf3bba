"""The rules for what is written: by a worker outside its workspace, by the lead where others work."""

from __future__ import annotations

from atlas.core.verbs import WORKER

from . import refusals
from .protected_paths import is_document, is_inside, is_temporary, own_paths, reaches_own
from .role_view import RoleView
from .targets import Target, resolve_targets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def broken_by_edits(view: RoleView, targets: list[Target]) -> Iterator[tuple[str, str]]:
    """The rules that writing these targets breaks, and why."""
    own = own_paths(view.root, view.private, [one.folder for one in view.workspaces])
    for target in resolve_targets(targets):
        path = target.path
        if reaches_own(target, own):
            yield "state", refusals.explain_refusal("state", path=path)
        if view.unbound:
            yield "unbound", refusals.explain_refusal("unbound", path=path)
        elif view.role == WORKER:
            yield from _broken_by_worker(view, path)
        else:
            yield from _broken_by_lead(view, path)


def _broken_by_worker(view: RoleView, path: str) -> Iterator[tuple[str, str]]:
    mine = view.workspace_holding(path)
    if mine is None and not is_temporary(view.root, path):
        yours = ", ".join(one.folder for one in view.workspaces) or "none now"
        yield "outside", refusals.explain_refusal("outside", path=path, yours=yours)
    if mine is not None and not mine.may_edit:
        yield "understanding", refusals.explain_refusal("understanding", path=path, module=mine.module)


def _broken_by_lead(view: RoleView, path: str) -> Iterator[tuple[str, str]]:
    owner = view.workspace_holding(path)
    if owner is not None:
        yield "delegate", refusals.explain_refusal("owned", path=path, agent=owner.agent, module=owner.module)
    elif is_inside(view.root, path) and not is_document(view.root, path):
        if view.phase == "planning":
            yield "plan-first", refusals.explain_refusal("plan-first", path=path)
        if view.phase == "executing":
            yield "delegate", refusals.explain_refusal("delegate", path=path)
