"""What a command that failed has left as it was: every exit code 1 in the tests is held to it."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from atlas.core.errors import AtlasError
from atlas.core.paths import Project, find_project
from atlas.core.verbs import VERBS

_DOOR = re.compile(r"(?:^|/)(atlas(?:_[a-z_]+\.py)?|orchestration\.py)$")
_TYPED = re.compile(r'"command_name": "(?:atlas:)?atlas-([a-z-]+)"')
_TYPED_FAILURE = "(exit code 1)"
_PRIVATE = ("history.jsonl", "gate.json", "aside", "gates/sessions", "gates/workspaces", "mail")
"""Of ATLAS's private folder what is state: no locks, spools, heartbeats, logs and caches."""
_GIT = ("HEAD", "packed-refs", "refs", "info/exclude")
_IN_WORKSPACE = (".INTERRUPT", ".claude")
_SENDING = {"notify", "poll", "check-agents"}
"""Verbs that fail, too, when what they changed is kept and only its sending failed."""
_KEPT = re.compile(r"in the outbox|sent again|is not reached")
_REPAIRED = re.compile(r"^atlas: note: (?!.*it waits, `atlas check-agents`)", re.MULTILINE)
_SCRIPTS = {row.script: verb for verb, row in VERBS.items()}

_busy: list[str] = []
_digests: dict[str, tuple[tuple[int, ...], bytes]] = {}


class State(NamedTuple):
    """How a project was when a verb began: each path with a digest of its bytes, or where a link leads."""

    verb: str
    project: Project
    files: dict[str, object]


@contextlib.contextmanager
def others_at_work(reason: str) -> Iterator[None]:
    """Within this, the state may change while a command fails: others change it, as the reason says."""
    _busy.append(reason)
    try:
        yield
    finally:
        _busy.pop()


def state_before(
    command: Sequence[str | os.PathLike[str]], cwd: str | os.PathLike[str] | None, stdin: str
) -> State | None:
    """The state of the project that a verb is about to run in; None where there is none, or this is no verb.

    A slash command is one, too: `stdin` has the event of the hook that runs it.
    """
    verb = None if _busy else _verb_of([os.fspath(word) for word in command]) or _typed_verb(stdin)
    if verb is None:
        return None
    try:
        project = find_project(os.fspath(cwd or os.curdir))
    except (AtlasError, OSError):
        return None
    return State(verb, project, _look(project))


def _verb_of(words: list[str]) -> str | None:
    """The verb that a command runs, at whatever place of it its door stands."""
    for number, word in enumerate(words):
        match = _DOOR.search(word)
        if match is not None:
            following = words[number + 1] if number + 1 < len(words) else ""
            return _SCRIPTS.get(match[1], following)
    return None


def _typed_verb(stdin: str) -> str | None:
    """The verb that an event says somebody typed as a slash command."""
    match = _TYPED.search(stdin) if '"UserPromptExpansion"' in stdin else None
    return match[1] if match else None


def hold_to_state(before: State | None, done: subprocess.CompletedProcess[str]) -> None:
    """Raise AssertionError when a command that ended with exit code 1 changed anything, naming what.

    A sending that failed may have kept what was to be sent, and says so; a note may have told of a repair.
    """
    failed = done.returncode == 1 or _TYPED_FAILURE in done.stdout
    if before is None or not failed:
        return
    if _REPAIRED.search(done.stderr) or (before.verb == "doctor" and "--repair" in done.args):
        return
    after = _look(before.project)
    paths = sorted(before.files.keys() | after.keys())
    changed = [os.path.relpath(p, before.project.root) for p in paths if before.files.get(p) != after.get(p)]
    if before.verb in _SENDING:
        said = done.stdout + done.stderr
        assert not changed or said.startswith('{"atlas": ') or _KEPT.search(said), f"it says not what is kept: {said}"
    else:
        assert not changed, f"exit 1 of {before.verb} changed {changed[:8]}, and said {done.stderr[:600]!r}"


def _look(project: Project) -> dict[str, object]:
    seen: dict[str, object] = {}
    for name in _PRIVATE:
        _add(seen, f"{project.private}/{name}", deep=name == "aside")
    for name in _GIT:
        _add(seen, f"{project.common}/{name}", deep=True)
    _add(seen, project.claude)
    for name in ("handoffs", "tools", "workspaces"):
        _add(seen, f"{project.claude}/{name}", deep=True)
    worktrees = f"{project.claude}/worktrees"
    for tree in _names(worktrees):
        seen[f"{worktrees}/{tree}"] = "there"
        for name in _IN_WORKSPACE:
            _add(seen, f"{worktrees}/{tree}/{name}")
    for tree in _names(f"{project.common}/worktrees"):
        seen[f"{project.common}/worktrees/{tree}"] = "there"
        _add(seen, f"{project.common}/worktrees/{tree}/HEAD")
        _add(seen, f"{project.common}/worktrees/{tree}/locked")
    return seen


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _add(seen: dict[str, object], path: str, deep: bool = False) -> None:
    """Add a file, a link, or the files in a folder, with those of its folders if `deep`."""
    try:
        entries = list(os.scandir(path))
    except NotADirectoryError:
        seen[path] = _content(path)
        return
    except OSError:
        return
    for entry in entries:
        if entry.is_symlink():
            seen[entry.path] = os.readlink(entry.path)
        elif entry.is_file():
            seen[entry.path] = _content(entry.path)
        elif deep and entry.is_dir():
            _add(seen, entry.path, deep)


def _content(path: str) -> bytes:
    """A digest of a file's bytes, which are read again only when its stat is another."""
    try:
        found = os.stat(path)
        stat = (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        known = _digests.get(path)
        if known is None or known[0] != stat:
            _digests[path] = known = (stat, blake2b(Path(path).read_bytes()).digest())
        return known[1]
    except OSError as error:
        return (error.strerror or "").encode()
