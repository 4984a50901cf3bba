"""What a shell command would do by the rules: the files it writes, and its calls of ATLAS and of git."""

from __future__ import annotations

from atlas.core.verbs import LEAD, UNASKED, VERBS, WORKER, roles_of

from . import refusals
from .atlas_calls import hides_the_caller, verb_of
from .git_calls import Git, forbidden
from .programs import Program, programs
from .protected_paths import inside
from .targets import Target, resolved_folder
from .writes import targets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from .role_view import RoleView
    from .tool_call import Call


def read(call: Call) -> list[Program]:
    """The programs that a call of a shell runs. Raises Unclear."""
    return programs(call.command, call.cwd, call.environment)


def written(run: list[Program]) -> list[Target]:
    """What programs write."""
    return [target for program in run for target in targets(program)]


def broken(view: RoleView, run: list[Program]) -> Iterator[tuple[str, str]]:
    """The rules that the calls of ATLAS and of git among these break, and why."""
    for program in run:
        yield from _calling_atlas(view, program)
        if program.name == "git" and (view.role == WORKER or view.unbound):
            yield from _calling_git(view, Git(program))


def _calling_atlas(view: RoleView, program: Program) -> Iterator[tuple[str, str]]:
    role = WORKER if view.unbound else view.role
    verb = verb_of(program)
    roles = UNASKED if verb is None else roles_of(verb)
    if hides_the_caller(program):
        yield "verbs", refusals.why("caller")
    elif verb is not None and roles is not UNASKED and role not in roles:
        whose = "the lead" if LEAD in roles else "the person"
        instead = "tell the lead what you need" if role == WORKER else "ask the person"
        yield "verbs", refusals.why("verbs", verb=verb, whose=whose, role=role, instead=instead)
    elif verb is not None and not (verb in VERBS and VERBS[verb].reports) and _is_elsewhere(view, program.folder):
        yield "verbs", refusals.why("place", yours=", ".join(one.folder for one in view.workspaces))


def _is_elsewhere(view: RoleView, folder: str) -> bool:
    """Whether a worker calls from where ATLAS would take it for somebody else."""
    if view.role != WORKER or not view.workspaces or not folder:
        return False
    here = resolved_folder(folder)
    return inside(view.root, here) and view.holding(here) is None


def _calling_git(view: RoleView, call: Git) -> Iterator[tuple[str, str]]:
    places = [resolved_folder(folder) for folder in call.folders if folder]
    for place in places:
        theirs = inside(view.root, place) and (view.unbound or view.holding(place) is None)
        if theirs and not call.reads:
            yield "git", refusals.why("worktree", name=call.name, place=place)
    elsewhere = bool(places) and not any(inside(view.root, place) or inside(view.private, place) for place in places)
    what = forbidden(call, view.branch, elsewhere)
    if what:
        yield "git", refusals.why("git", what=what)
