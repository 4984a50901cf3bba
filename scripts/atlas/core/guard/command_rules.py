"""What a shell command would do by the rules: the files it writes, and its calls of ATLAS and of git."""

from __future__ import annotations

from atlas.core.verbs import LEAD, UNASKED, VERBS, WORKER, persons_way, roles_of

from . import refusals
from .atlas_calls import RECORDING, called_verb, hides_caller, runs_hook
from .git_calls import GitCall, forbidden_effect
from .programs import Program, list_programs
from .protected_paths import is_inside
from .targets import Target, resolve_folder
from .writes import targets_of_program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from .role_view import RoleView
    from .tool_call import Call


def read_programs(call: Call) -> list[Program]:
    """The programs that a call of a shell runs. Raises Unclear."""
    return list_programs(call.command, call.cwd, call.environment)


def written_targets(run: list[Program]) -> list[Target]:
    """What programs write."""
    return [target for program in run for target in targets_of_program(program)]


def broken_rules(view: RoleView, run: list[Program]) -> Iterator[tuple[str, str]]:
    """The rules that the calls of ATLAS and of git among these break, and why."""
    for program in run:
        yield from _broken_by_atlas_call(view, program)
        if program.name == "git" and (view.role == WORKER or view.unbound):
            yield from _broken_by_git_call(view, GitCall(program))


def _broken_by_atlas_call(view: RoleView, program: Program) -> Iterator[tuple[str, str]]:
    role = WORKER if view.unbound else view.role
    verb = called_verb(program)
    roles = UNASKED if verb is None else roles_of(verb)
    if hides_caller(program):
        yield "verbs", refusals.explain_refusal("caller")
    elif runs_hook(program):
        yield "verbs", refusals.explain_refusal("hook")
    elif verb == RECORDING and view.role == LEAD:
        yield from _broken_by_review(view, program)
    elif verb is not None and roles is not UNASKED and role not in roles:
        whose = "the lead" if LEAD in roles else "the person"
        instead = "tell the lead what you need" if role == WORKER else f"ask the person to {persons_way(verb)}"
        yield "verbs", refusals.explain_refusal("verbs", verb=verb, whose=whose, role=role, instead=instead)
    elif verb is not None and not (verb in VERBS and VERBS[verb].reports) and _is_elsewhere(view, program.folder):
        yield "verbs", refusals.explain_refusal("place", yours=", ".join(one.folder for one in view.workspaces))


def _is_elsewhere(view: RoleView, folder: str) -> bool:
    """Whether a worker calls from where ATLAS would take it for somebody else."""
    if view.role != WORKER or not view.workspaces or not folder:
        return False
    here = resolve_folder(folder)
    return is_inside(view.root, here) and view.workspace_holding(here) is None


def _broken_by_review(view: RoleView, program: Program) -> Iterator[tuple[str, str]]:
    """Who leads does not review: only a reviewer that it started does, and not as whoever has a workspace."""
    if not view.reviews:
        yield "verbs", refusals.explain_refusal("review")
    elif program.folder and view.workspace_holding(resolve_folder(program.folder)) is not None:
        yield "verbs", refusals.explain_refusal("review-place", root=view.root)


def _broken_by_git_call(view: RoleView, call: GitCall) -> Iterator[tuple[str, str]]:
    folders = [resolve_folder(folder) for folder in call.folders if folder]
    for place in folders:
        theirs = is_inside(view.root, place) and (view.unbound or view.workspace_holding(place) is None)
        if theirs and not call.only_reads:
            yield "git", refusals.explain_refusal("worktree", name=call.name, place=place)
    elsewhere = bool(folders) and not any(
        is_inside(view.root, place) or is_inside(view.private, place) for place in folders
    )
    what = forbidden_effect(call, view.branch, elsewhere)
    if what:
        yield "git", refusals.explain_refusal("git", what=what)
