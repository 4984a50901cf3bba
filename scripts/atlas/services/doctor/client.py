"""The doctor's look at what hooks depend on outside ATLAS: their Python, the client, settings that switch hooks off."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from atlas.adapters.system import disk
from atlas.core import clock
from atlas.core.errors import AtlasError
from atlas.core.ids import is_slug
from atlas.core.paths import Project, find_project
from atlas.core.rules.enforcement import LONGEST_CALL

from .findings import ok, problem, warning

if TYPE_CHECKING:
    from atlas.core.results.doctor import Finding

_SECONDS = 10
_VERSION = "import sys; print('%d.%d.%d' % sys.version_info[:3])"


def client_findings(folder: str) -> Iterator[Finding]:
    """A finding for each part; `folder` is the current one, and settings are only read."""
    yield _check_python()
    found = shutil.which("claude")
    where = "claude is not on PATH: agents are launched with --client PATH then"
    yield ok("client", found) if found else warning("client", where, "install Claude Code, or name it")
    try:
        project = find_project(folder)
    except AtlasError:
        project = None
    yield from _check_switches(project)
    session = os.environ.get("CLAUDE_CODE_SESSION_ID")
    if project is not None and session:
        yield _check_heartbeat(project, session)


def _check_python() -> Finding:
    """The Python that hooks get: the first that is new enough, as they look for it."""
    for name in ("python3", "python"):
        path = shutil.which(name)
        version = _python_version(path) if path else ""
        if tuple(int(part) for part in version.split(".") if part.isdigit()) >= (3, 10):
            return ok("hooks' Python", f"{version}, {path}")
    return problem("hooks' Python", "no Python 3.10 or newer works as python3 or python", "put one on PATH")


def _python_version(path: str) -> str:
    try:
        command = [path, "-I", "-S", "-c", _VERSION]
        return subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""


def _check_switches(project: Project | None) -> Iterator[Finding]:
    """Settings of the client, of the user and of the project, that switch every hook off."""
    user = os.environ.get("CLAUDE_CONFIG_DIR") or os.path.expanduser("~/.claude")
    files = [os.path.join(user, "settings.json")]
    if project is not None:
        files += [os.path.join(project.claude, name) for name in ("settings.json", "settings.local.json")]
    off = [path for path in dict.fromkeys(files) if _has_no_hooks(path)]
    for path in off:
        yield problem("hooks", f"disableAllHooks is set in {path}: no gate holds", "take it out of that file")
    if not off:
        yield ok("hooks", "no settings of the client switch them off")


def _has_no_hooks(path: str) -> bool:
    try:
        settings = json.loads(disk.read_bytes(path) or b"{}")
    except (OSError, ValueError):
        return False
    return isinstance(settings, dict) and settings.get("disableAllHooks") is True


def _check_heartbeat(project: Project, session: str) -> Finding:
    """Whether hooks run in the session that this was called from."""
    gates = os.path.join(project.private, "gates")
    if not is_slug(session) or not os.path.exists(os.path.join(gates, "sessions", session)):
        return ok("this session", "it has no role of its own, so that hooks leave no trace of it")
    try:
        at = os.stat(os.path.join(gates, "heartbeats", session)).st_mtime
    except OSError:
        return problem("this session", "it has a role, and no hook has ever run in it", "enable the plugin in it")
    said = f"hooks ran in it at {clock.time_of_epoch(at)}"
    if time.time() - at > LONGEST_CALL:
        return problem("this session", f"{said}, and not since", "enable the plugin in it")
    return ok("this session", said)
