"""Merges in memory: `git merge-tree --write-tree`, with nothing checked out and no branch moved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from atlas.core.errors import AtlasError

from . import git

_LEAST = (2, 38)  # the first with `merge-tree --write-tree`
_MANY_AT_ONCE = (2, 39)  # the first in which `--stdin` takes many pairs


class Hunk(NamedTuple):
    """A place where two sides differ: its line in the merged file, and the lines of each side."""

    line: int
    ours: list[str]
    theirs: list[str]


class Conflict(NamedTuple):
    """A file that two commits cannot be merged in. `kind` is git's word for it, e.g. `contents` or `modify/delete`."""

    path: str
    kind: str
    hunks: list[Hunk]


def require_merge_support() -> None:
    """Raise AtlasError when this git cannot merge in memory."""
    if git.git_version() < _LEAST:
        found = ".".join(map(str, git.git_version()))
        raise AtlasError(f"finding conflicts needs git 2.38 or newer, this is {found}: everything else works")


def merge_commits(folder: str, ours: str, theirs: str) -> tuple[str, list[str]]:
    """The tree that merging two commits gives, and the files that conflict: without any, the tree is whole."""
    tree, kinds = next(_merge_all(folder, [(ours, theirs)]))
    return tree, list(kinds)


def find_conflicts(folder: str, pairs: Sequence[tuple[str, str]]) -> list[list[Conflict]]:
    """For each pair of commits the files that cannot be merged, with git's own rules for finding the merge base."""
    if not pairs:
        return []
    merged = list(_merge_all(folder, pairs))
    contents = _read_contents(folder, [(tree, path) for tree, kinds in merged for path in kinds])
    return [
        [Conflict(path, kind, _conflict_hunks(contents[tree, path])) for path, kind in kinds.items()]
        for tree, kinds in merged
    ]


def _merge_all(folder: str, pairs: Sequence[tuple[str, str]]) -> Iterator[tuple[str, dict[str, str]]]:
    """For each pair the merged tree, and the kind of conflict by path."""
    if git.git_version() >= _MANY_AT_ONCE:
        lines = "".join(f"{ours} {theirs}\n" for ours, theirs in pairs)
        tokens = iter(git.run_git(folder, "merge-tree", "--write-tree", "--stdin", stdin=lines).split("\0"))
        for _ in pairs:
            clean = next(tokens) == "1"
            yield next(tokens), _conflict_kinds(tokens, clean)
    else:
        for ours, theirs in pairs:
            tokens = iter(
                git.run_git(folder, "merge-tree", "--write-tree", "-z", ours, theirs, codes=(0, 1)).split("\0")
            )
            tree = next(tokens).strip()
            rest = list(tokens)
            yield tree, _conflict_kinds(iter([*rest, ""]), clean=not any(rest))


def _conflict_kinds(tokens: Iterator[str], clean: bool) -> dict[str, str]:
    """Read one merge's report: conflicted entries up to an empty token, then messages up to another one."""
    found: dict[str, str] = {}
    for token in iter(tokens.__next__, ""):
        found.setdefault(token.partition("\t")[2], "contents")
    if clean:
        return found
    for count in iter(tokens.__next__, ""):
        paths = [next(tokens) for _ in range(int(count))]
        kind, _text = next(tokens), next(tokens)
        if kind.startswith("CONFLICT") and paths:
            found[paths[0]] = kind.removeprefix("CONFLICT (").removesuffix(")")
    return found


def _read_contents(folder: str, wanted: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The text of files in trees, by one call of git; of one that is not there, the empty text."""
    if not wanted:
        return {}
    asked = "".join(f"{tree}:{path}\0" for tree, path in wanted)
    data = git.run_git(folder, "cat-file", "--batch", "-z", stdin=asked).encode("utf-8", "surrogateescape")
    found: dict[tuple[str, str], str] = {}
    for key in wanted:
        head, _, data = data.partition(b"\n")
        size = head.rpartition(b" ")[2]
        if size.isdigit():
            found[key], data = data[: int(size)].decode(errors="replace"), data[int(size) + 1 :]
        else:
            found[key] = ""
    return found


def _conflict_hunks(text: str) -> list[Hunk]:
    hunks: list[Hunk] = []
    side: list[str] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("<<<<<<< "):
            hunks.append(Hunk(number, [], []))
            side = hunks[-1].ours
        elif side is not None and line == "=======":
            side = hunks[-1].theirs
        elif side is not None and line.startswith(">>>>>>> "):
            side = None
        elif side is not None:
            side.append(line)
    return hunks
