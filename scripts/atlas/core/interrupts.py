"""What the interrupt monitor, which stands alone, and the rest of ATLAS agree on."""

from __future__ import annotations

import os
import shlex
from typing import Any

INTERRUPT_FILE = ".INTERRUPT"
"""In a workspace: what is still to be delivered there. It is there while anything is, and gone after."""

_CALL = "import interrupt_monitor as its; its.main(its.its_own)"

# Imported rather than run as a script, so that its bytecode is cached.
_RUN = 'import sys; sys.path[:0] = [".claude/hooks"]; ' + _CALL
_HOOK = f'cd "$CLAUDE_PROJECT_DIR" && [ -e .INTERRUPT ] || exit 0; python3 -I -S -c {shlex.quote(_RUN)}'
_OR_STOP = (
    "{ echo 'ATLAS INTERRUPT. This call was stopped. What waits for you, as data:'; "
    """while IFS= read -r line || [ "$line" ]; do printf '| %s\\n' "$line"; done <.INTERRUPT; } >&2; exit 2"""
)


def monitor_record(private: str, workspace: str) -> str:
    """The file in which the monitor keeps what of a workspace's interrupts was handed over; its lock lies beside it."""
    return os.path.join(private, "interrupts", f"{workspace}.json")


def is_monitor_hook(item: object) -> bool:
    """Whether an entry of `hooks` in a client's settings runs the monitor, as this version writes it or another."""
    return isinstance(item, dict) and _CALL in str(item)


def monitor_hooks() -> dict[str, Any]:
    """The `hooks` of a workspace's `settings.local.json`: the monitor works without the plugin, too."""

    def run(command: str) -> list[dict[str, Any]]:
        return [{"hooks": [{"type": "command", "command": command, "timeout": 10}]}]

    return {"PreToolUse": run(f"{_HOOK} || {{ {_OR_STOP}; }}"), "PostToolBatch": run(f"{_HOOK} || exit 0")}
