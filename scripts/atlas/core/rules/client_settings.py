"""What the client lets a session in a workspace do without asking, and the hook that brings interrupts to it.

Written for unattended work: what is not allowed is refused with a reason that the model sees, and nobody is asked.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import Any

from atlas.core import interrupts
from atlas.core.verbs import WORKER

from .check_environment import unsetting_script
from .verb_permissions import ALLOWED

_GIT = ("add", "commit", "status", "mv", "rm", "restore", "update-index --no-skip-worktree")
"""Reading (`git diff`, `git log`) is allowed by the client itself, which knows the options of theirs that write."""
CHECKS = ".claude/checks.sh"
_SCRIPT = """\
# The module's checks, as ATLAS will run them. Written by ATLAS.
{unsetting}
cd "$(git rev-parse --show-toplevel)" || exit 1
ATLAS_FAILED=0
run() {{
    printf '%s\\n' "$1"
    /bin/sh -c "$1" </dev/null || {{ echo "  exit code $?"; ATLAS_FAILED=1; }}
}}
{runs}
exit $ATLAS_FAILED
"""
_REFUSED = ("Bash(git push:*)", "Bash(git worktree:*)")
_PART = re.compile(r"""(?: '[^']*' | "(?:[^"\\]|\\.)*" | \\. | >& | &> | [^'"\\;&|\n] )+""", re.VERBOSE | re.DOTALL)
"""A command up to the next operator of the shell outside quotes."""


def agent_commands(script: str, agent: str | None, module: str | None) -> dict[str, str]:
    """What an agent in a workspace calls: the verbs, also where `atlas` is not on its path, and its checks."""
    atlas = f"python3 {shlex.quote(script)}"
    return {
        "checks": f"sh {CHECKS}",
        "atlas": atlas,
        "inbox": f"{atlas} inbox {agent or 'AGENT'}",
        "repeat": f"{atlas} repeat {module or 'MODULE'} --criteria c1,c2 --file PATH [--file PATH]… "
        "--out-of-scope TEXT --evidence TEXT --text TEXT",
        "ask": f"{atlas} ask {module or 'MODULE'} QUESTION",
        "report": f"{atlas} report {module or 'MODULE'} started|progress|blocked|done --text TEXT",
        "acknowledge": f"{atlas} acknowledge {module or 'MODULE'} UPDATE [--feasibility TEXT]… [--concern TEXT]…",
        "status": f"{atlas} status",
    }


def worker_settings(checks: Sequence[str], set_up: str | None, script: str) -> dict[str, Any]:
    """The client's settings for an agent's session: permissions and hooks."""
    verbs = sorted(ALLOWED[WORKER])
    atlas = agent_commands(script, None, None)["atlas"]
    run = [part for command in (*checks, *([set_up] if set_up else [])) for part in _command_parts(command)]
    commands_allowed = [
        *(f"git {verb}:*" for verb in _GIT),
        *(f"{name} {verb}:*" for name in ("atlas", *filter(_is_plain_command, [atlas])) for verb in verbs),
        f"sh {CHECKS}",
        *filter(_is_plain_command, run),
    ]
    return {
        "permissions": {
            "allow": ["Edit(/**)", "Read(/**)", *dict.fromkeys(f"Bash({command})" for command in commands_allowed)],
            "deny": list(_REFUSED),
            "defaultMode": "dontAsk",
        },
        "hooks": interrupts.monitor_hooks(),
    }


def _is_plain_command(command: str) -> bool:
    """Whether a rule means this command to every client. A rule that one cannot read stops a session at a dialog."""
    return not any(character in command for character in "()*\\\n\r")


def _command_parts(command: str) -> list[str]:
    """The command as a whole and the commands it is made of: the client looks at each by itself, where it can."""
    pieces = (piece.strip(" \t(){}") for piece in _PART.findall(command))
    return [command, *(piece for piece in pieces if piece and piece != command)]


def checks_script(checks: Sequence[str], given_back: Sequence[str]) -> str:
    """A script that runs the checks in the environment that ATLAS does: allowed as a whole, whatever is in them.

    `given_back` are variables that they get although they look like credentials.
    """
    runs = "\n".join(f"run {shlex.quote(check)}" for check in checks) or "echo 'This module has no checks.'"
    return _SCRIPT.format(unsetting=unsetting_script(given_back), runs=runs)


def merge_settings(settings: dict[str, Any], rules: dict[str, Any]) -> dict[str, Any]:
    """The project's own settings with the rules added; of two values of which only one can hold, the rules'.

    The monitor's hook as another version of ATLAS wrote it gives way to this one's.
    """
    result = dict(settings)
    for key, value in rules.items():
        found = result.get(key)
        if isinstance(value, dict) and isinstance(found, dict):
            result[key] = merge_settings(found, value)
        elif isinstance(value, list) and isinstance(found, list):
            kept = [item for item in found if item in value or not interrupts.is_monitor_hook(item)]
            result[key] = [*kept, *(item for item in value if item not in kept)]
        else:
            result[key] = value
    return result
