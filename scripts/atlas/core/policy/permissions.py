"""What the client lets a session in a workspace do without asking, and the hook that brings interrupts to it.

Written for unattended work: what is not allowed is refused with a reason that the model sees, and nobody is asked.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import Any

from atlas.core import interrupts

from .roles import ALLOWED, WORKER

_GIT = ("add", "commit", "status", "mv", "rm", "restore", "update-index --no-skip-worktree")
"""Reading (`git diff`, `git log`) is allowed by the client itself, which knows the options of theirs that write."""
_REFUSED = ("Bash(git push:*)", "Bash(git worktree:*)")
_PART = re.compile(r"""(?: '[^']*' | "(?:[^"\\]|\\.)*" | \\. | >& | &> | [^'"\\;&|\n] )+""", re.VERBOSE | re.DOTALL)
"""A command up to the next operator of the shell outside quotes."""


def commands(launcher: str, agent: str | None, module: str | None) -> dict[str, str]:
    """The verbs that an agent in a workspace uses, as it can call them also where `atlas` is not on its path."""
    atlas = f"python3 {shlex.quote(launcher)}"
    return {
        "atlas": atlas,
        "inbox": f"{atlas} inbox {agent or 'AGENT'}",
        "report": f"{atlas} report {module or 'MODULE'} started|progress|blocked|done --text TEXT",
        "status": f"{atlas} status",
    }


def of_worker(checks: Sequence[str], set_up: str | None, launcher: str) -> dict[str, Any]:
    """The client's settings for an agent's session: permissions and hooks."""
    verbs = sorted(ALLOWED[WORKER])
    atlas = commands(launcher, None, None)["atlas"]
    run = [part for command in (*checks, *([set_up] if set_up else [])) for part in _parts(command)]
    return {
        "permissions": {
            "allow": [
                *("Edit(/**)", "Read(/**)"),
                *(f"Bash(git {verb}:*)" for verb in _GIT),
                *(f"Bash(atlas {verb}:*)" for verb in verbs),
                *(f"Bash({atlas} {verb}:*)" for verb in verbs),
                *dict.fromkeys(f"Bash({part})" for part in run),
            ],
            "deny": list(_REFUSED),
            "defaultMode": "dontAsk",
        },
        "hooks": interrupts.hooks(),
    }


def _parts(command: str) -> list[str]:
    """The command as a whole and the commands it is made of: the client looks at each by itself."""
    pieces = (piece.strip(" \t(){}") for piece in _PART.findall(command))
    return [command, *(piece for piece in pieces if piece and piece != command)]


def merged(settings: dict[str, Any], rules: dict[str, Any]) -> dict[str, Any]:
    """The project's own settings with the rules added; of two values of which only one can hold, the rules'."""
    result = dict(settings)
    for key, value in rules.items():
        found = result.get(key)
        if isinstance(value, dict) and isinstance(found, dict):
            result[key] = merged(found, value)
        elif isinstance(value, list) and isinstance(found, list):
            result[key] = [*found, *(item for item in value if item not in found)]
        else:
            result[key] = value
    return result
