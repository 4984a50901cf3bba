"""Files that git is told to overlook in a worktree, and which of them differ from what git knows of them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence

from atlas.adapters.system import disk

from . import git, tree_status

_NOTE = "atlas-skeleton.json"
_SKIPPED, _ASSUMED = "--no-skip-worktree", "--no-assume-unchanged"


def overlooked_changes(tree: str) -> list[str]:
    """The files that git is told to overlook, by assume-unchanged or skip-worktree, and that differ from its index.

    One that a sparse checkout leaves out is none of them.
    """
    marked = _overlooked_paths(tree)
    if not marked:
        return []
    with _open_index(tree, marked) as index:
        changed = tree_status.read_status(tree, index).unstaged
    return sorted(set(changed) & set(marked))


def _overlooked_paths(tree: str) -> list[str]:
    """Their paths; the tag is a small letter where a file is assumed unchanged, and an S where it is skipped."""
    lines = [line for line in git.run_git(tree, "ls-files", "-v", "-z").split("\0") if line]
    found = [(line[0], line[2:]) for line in lines if line[0] == "S" or line[0].islower()]
    return [path for tag, path in found if tag != "S" or os.path.lexists(os.path.join(tree, path))]


@contextlib.contextmanager
def _open_index(tree: str, paths: Sequence[str]) -> Iterator[str]:
    """A copy of the index in which git looks at the files again."""
    with tempfile.TemporaryDirectory(prefix="atlas-index-") as folder:
        index = os.path.join(folder, "index")
        shutil.copy2(git.run_git(tree, "rev-parse", "--path-format=absolute", "--git-path", "index"), index)
        for option in (_SKIPPED, _ASSUMED):
            words = ("update-index", option, "-z", "--stdin")
            git.run_git(tree, *words, stdin="\0".join(paths) + "\0", env={"GIT_INDEX_FILE": index})
        yield index


def note_skeleton(tree: str, paths: Sequence[str]) -> None:
    """Note what the skeleton files of a worktree are now, when nobody has worked on them yet."""
    found = {path: _checksum(tree, path) for path in paths}
    target = os.path.join(git.run_git(tree, "rev-parse", "--absolute-git-dir"), _NOTE)
    os.replace(disk.write_temp(target, json.dumps(found).encode()), target)


def noted_skeleton(tree: str) -> dict[str, bool]:
    """The skeleton files of a worktree by path, and whether each is still as it was noted."""
    data = disk.read_bytes(os.path.join(git.run_git(tree, "rev-parse", "--absolute-git-dir"), _NOTE))
    try:
        noted = dict(json.loads(data or b"{}"))
    except (ValueError, TypeError):
        return {}
    return {path: _checksum(tree, path) == checksum for path, checksum in noted.items()}


def _checksum(tree: str, path: str) -> str | None:
    data = disk.read_bytes(os.path.join(tree, path))
    return None if data is None else hashlib.sha256(data).hexdigest()
