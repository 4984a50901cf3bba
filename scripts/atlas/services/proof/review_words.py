"""What a reviewer says of each criterion, and whether the places that it names exist in the commit."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from atlas.adapters.git import git
from atlas.core.errors import AtlasError
from atlas.core.records.rows import Finding

_LONGEST_TEXT = 4000
_LONGEST_PLACE = 1000


class Said(NamedTuple):
    """A review as it was said: `met` and `unmet` are texts `ID=WHERE WORDS`; `text` is about the whole."""

    met: Sequence[str]
    unmet: Sequence[str]
    text: str


def read_findings(root: str, commit: str, criteria: Mapping[str, str], said: Said) -> list[Finding]:
    """The findings of a review, in the order of the criteria.

    Raises AtlasError unless each criterion is there once, with a place that exists in the commit.
    """
    if len(said.text) > _LONGEST_TEXT:
        raise AtlasError(f"--text has {len(said.text)} characters: at most {_LONGEST_TEXT}")
    found: dict[str, Finding] = {}
    for met, words in ((True, said.met), (False, said.unmet)):
        for word in words:
            one = _read_finding(root, commit, criteria, met, word)
            if one["id"] in found:
                raise AtlasError(f"{one['id']} is there twice: say once of each criterion whether it is met")
            found[one["id"]] = one
    missing = [name for name in criteria if name not in found]
    if missing:
        raise AtlasError(
            f"{', '.join(missing)} is missing: say of each criterion whether it is met, e.g. "
            f"--met {missing[0]}=FILE:LINE or --unmet '{missing[0]}=FILE:LINE what is wrong'"
        )
    return [found[name] for name in criteria]


def _read_finding(root: str, commit: str, criteria: Mapping[str, str], met: bool, word: str) -> Finding:
    option = "--met" if met else "--unmet"
    name, equals, rest = word.partition("=")
    name, rest = name.strip(), rest.strip()
    if name not in criteria:
        raise AtlasError(f"{option}: there is no criterion {name[:40]!r}: there are {', '.join(criteria) or 'none'}")
    if not equals or not rest:
        raise AtlasError(f"{option} {name}: say where that shows: {name}=FILE:LINE, or the name of a test")
    where, text = _split_place(root, commit, f"{option} {name}", rest)
    if len(text) > _LONGEST_TEXT or len(where) > _LONGEST_PLACE:
        raise AtlasError(f"{option} {name} is too long: a place of {_LONGEST_PLACE} characters, then {_LONGEST_TEXT}")
    return {"id": name, "criterion": criteria[name], "met": met, "where": where, "text": text}


def _split_place(root: str, commit: str, what: str, words: str) -> tuple[str, str]:
    """The place at the beginning of the words, and the rest; the name of a file may have blanks."""
    first = words.split(maxsplit=1)[0]
    ends = [at.start() for at in re.finditer(r"\s+", words[:_LONGEST_PLACE])] + [len(words)]
    for end in reversed(ends):
        path, mark, detail = _split_path(words[:end].rstrip(":,;"))
        lines = _lines_of(root, commit, path) if mark else None
        if lines is not None:
            _require_place(what, path, mark, detail, lines)
            return f"{path}{mark}{detail}", words[end:].strip()
    path, mark, detail = _split_path(first.rstrip(":,;"))
    if mark == ":" or (mark and "." in path):
        raise AtlasError(f"{what}: there is no file {path[:200]!r} in {commit[:12]}: name it from the project's folder")
    _require_test(root, commit, what, first)
    return first, words[len(first) :].strip()


def _split_path(place: str) -> tuple[str, str, str]:
    """`FILE:LINE` or `FILE::TEST` in its parts; without a mark, there is no file in it."""
    line = re.fullmatch(r"(.+?):([0-9]{1,9})(?:[:-][0-9]+)?", place, re.DOTALL)
    if line:
        return posixpath.normpath(line[1]), ":", line[2]
    path, mark, test = place.partition("::")
    return (posixpath.normpath(path), mark, test) if mark and path else (place, "", "")


def _lines_of(root: str, commit: str, path: str) -> list[str] | None:
    """The lines of a file in a commit, or None when it has no such file."""
    name = f"{commit}:{path}"
    if path.startswith(("/", "../")) or git.run_git(root, "cat-file", "-t", name, codes=(0, 128)) != "blob":
        return None
    return git.run_git(root, "cat-file", "blob", name).split("\n")


def _require_place(what: str, path: str, mark: str, detail: str, lines: list[str]) -> None:
    if mark == ":" and not 1 <= int(detail) <= len(lines):
        raise AtlasError(f"{what}: {path} has {len(lines)} lines, and no line {detail}")
    name = _last_name(detail)
    if mark == "::" and not (name and any(name in line for line in lines)):
        raise AtlasError(f"{what}: {path} has no test {detail[:200]!r}")


def _require_test(root: str, commit: str, what: str, name: str) -> None:
    """Raise AtlasError unless it is the name of a test that some file of the commit has."""
    last = _last_name(name)
    is_test = re.search("test|spec", name, re.IGNORECASE) is not None
    if not is_test or not last or not _is_in_commit(root, commit, last):
        raise AtlasError(
            f"{what}: {name[:200]!r} is no place in {commit[:12]}: give FILE:LINE, FILE::TEST or the name of a test"
        )


def _is_in_commit(root: str, commit: str, text: str) -> bool:
    return bool(git.run_git(root, "grep", "-l", "-m", "1", "-F", "-e", text, commit, "--", codes=(0, 1)))


def _last_name(test: str) -> str:
    """The last name in that of a test, without its parameters: the one that stands where it is defined."""
    return str((re.findall(r"\w+", test.partition("[")[0]) or [""])[-1])
