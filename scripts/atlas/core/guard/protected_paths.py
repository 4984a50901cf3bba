"""Which places are whose: what is ATLAS's own, a document, or temporary. Paths are resolved, links followed."""

from __future__ import annotations

import os

from .targets import ANY, DEEP, Target, first_mark

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

IN_PROJECT = (
    *("MISSION_CONTEXT.json", "WORKFLOW_STATE.json", "PHASE_PROGRESS.json", "PARALLEL_STATUS.json"),
    *(
        "REPORTS.json",
        "EVIDENCE.json",
        "DISCOVERIES.json",
        "MESSAGES.json",
        "orchestrator-exec-phase.local.md",
        "tools/orchestration.py",
    ),
)
"""What ATLAS alone writes in the project's `.claude`; the plan is also written by hand."""
IN_WORKSPACE = (
    ".INTERRUPT",
    *(f".claude/{name}" for name in ("WORKER_CONTEXT.json", "settings.local.json", "checks.sh", "hooks")),
)
"""What ATLAS puts into a workspace."""
_DOCUMENTS = (".md", ".rst", ".txt", ".adoc")
_DOCUMENT_FOLDERS = ("docs", "doc", ".claude")
_TEMPORARY = ("/tmp", "/var/tmp", "/dev/shm", "/private/tmp", "/private/var/tmp", "/private/var/folders")


def is_inside(folder: str, path: str) -> bool:
    """Whether a resolved path is the resolved folder or lies in it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def is_temporary(root: str, path: str) -> bool:
    """Whether it is in a folder for temporary files, which the project may lie in, too."""
    return any(is_inside(folder, path) for folder in _TEMPORARY) and not is_inside(root, path)


def is_document(root: str, path: str) -> bool:
    """Whether a file of the project is documentation, by its name or folder, or is the client's."""
    return path.lower().endswith(_DOCUMENTS) or path[len(root) + 1 :].split("/")[0] in _DOCUMENT_FOLDERS


def own_paths(root: str, private: str, workspaces: Iterable[str]) -> list[str]:
    """What only ATLAS writes; for `reaches_own`, in lower case, since a disk may not tell the cases apart."""
    own = [private, *(f"{root}/.claude/{name}" for name in IN_PROJECT)]
    own += [f"{folder}/{name}" for folder in workspaces for name in IN_WORKSPACE]
    return [path.casefold() for path in own]


def reaches_own(target: Target, own: Iterable[str]) -> bool:
    """Whether writing the target would write one of these, or something in it, or take it away."""
    path = target.path.casefold()
    return any(_reaches_path(path, target.removed, one) for one in own)


def _reaches_path(path: str, removed: bool, own: str) -> bool:
    if is_inside(own, path):
        return True
    if first_mark(path) is None:
        return removed and is_inside(path, own)
    while not _may_match(path, own):
        own = os.path.dirname(own)
        if not removed or own == "/":
            return False
    return True


def _may_match(pattern: str, path: str) -> bool:
    """Whether a pattern may stand for a path; ANY and DEEP for any text in it, ANY not for a name's leading dot."""
    pieces = pattern.replace(ANY, DEEP).split(DEEP)
    at = len(pieces[0])
    if not path.startswith(pieces[0]) or not path[at:].endswith(pieces[-1]):
        return False
    if pattern[at] == ANY and pattern[at - 1] == "/" and path[at : at + 1] == ".":
        return False
    for piece in pieces[1:-1]:
        at = path.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return at <= len(path) - len(pieces[-1])
