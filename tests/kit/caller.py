"""What the client does around tool calls, by the literal commands of hooks: the plugin's, or a workspace's own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from atlas.core import interrupts
from tests.support import ROOT

from .sessions import commands

Event = dict[str, Any]
_calls: Iterator[int] = count(1)


class Answer(NamedTuple):
    """What the client makes of a hook's answer: whether the call is stopped, and what the model is told of it.

    With nobody there to be asked, asking stops it.
    """

    stopped: bool
    words: str


def command(kind: str, event: str, tool: str = "Bash") -> str:
    """The hook command of an event, and of a tool: of the `plugin`, or of a `workspace`."""
    if kind == "plugin":
        (found,) = commands(event, tool)
        return found
    return str(interrupts.monitor_hooks()[event][0]["hooks"][0]["command"])


def equip(workspace: Path) -> None:
    """Put the monitor into a workspace, and register it."""
    (workspace / ".claude/hooks").mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "hooks/generated/interrupt_monitor.py", workspace / ".claude/hooks")
    settings = json.dumps({"hooks": interrupts.monitor_hooks()})
    (workspace / ".claude/settings.local.json").write_text(settings, encoding="utf-8")


class Caller:
    """A session in a folder, or a subagent in it, that makes tool calls."""

    def __init__(
        self,
        folder: Path,
        kind: str = "plugin",
        session: str = "session-1",
        agent: str = "",
        began: Path | None = None,
        agent_type: str = "atlas:worker",
    ) -> None:
        """`began` is the folder that the session was started in, this one unless given."""
        self.folder, self.kind = folder, kind
        subagent = {"agent_id": agent, "agent_type": agent_type} if agent else {}
        self.common = {"session_id": session, "cwd": str(folder), **subagent}
        self.env = {"CLAUDE_PLUGIN_ROOT": str(ROOT), "CLAUDE_PROJECT_DIR": str(began or folder)}
        self.env["CLAUDE_CODE_SESSION_ID"] = session

    def call(self, tool: str = "Bash", **arguments: Any) -> Answer:
        """A batch of one call, from beginning to end."""
        answer, event = self.begin(tool, **arguments)
        self.end(event, answer)
        return answer

    def begin(self, tool: str = "Bash", env: Mapping[str, str] | None = None, **arguments: Any) -> tuple[Answer, Event]:
        """What comes before a call: the answer, and the event that asked for it."""
        given = arguments or {"command": "make"}
        use = {"tool_name": tool, "tool_input": given, "tool_use_id": f"toolu_{next(_calls):06d}"}
        event = {**self.common, "hook_event_name": "PreToolUse", **use}
        return understood(self.fire("PreToolUse", json.dumps(event).encode(), env, tool)), event

    def end(self, *batch: Any, env: Mapping[str, str] | None = None) -> dict[str, Any]:
        """What comes after a batch, given as events and their answers in turn: what the hook says, mostly nothing."""
        pairs = zip(batch[::2], batch[1::2], strict=True)
        calls = [
            {**event, "tool_response": f"Hook error: {answer.words}" if answer.stopped else "ran"}
            for event, answer in pairs
        ]
        event = {**self.common, "hook_event_name": "PostToolBatch", "tool_calls": calls}
        done = self.fire("PostToolBatch", json.dumps(event).encode(), env)
        said: dict[str, Any] = json.loads(done.stdout or b"{}")
        return said

    def fire(
        self, event: str, stdin: bytes, env: Mapping[str, str] | None = None, tool: str = "Bash"
    ) -> subprocess.CompletedProcess[bytes]:
        """Run the command of an event as the client does: by a shell, in the session's folder."""
        return subprocess.run(
            ["/bin/sh", "-c", command(self.kind, event, tool)],
            cwd=self.folder,
            env={**os.environ, **self.env, **(env or {})},
            input=stdin,
            capture_output=True,
            timeout=30,
            check=False,
        )


def understood(done: subprocess.CompletedProcess[bytes]) -> Answer:
    """Exit code 2 stops a call, so do a denial and a question; any other code, and nonsense, let it through."""
    try:
        said = json.loads(done.stdout or b"{}").get("hookSpecificOutput", {})
    except ValueError:
        said = {}
    if said.get("permissionDecision") in ("deny", "ask"):
        return Answer(True, said["permissionDecisionReason"])
    if done.returncode == 2:
        return Answer(True, done.stderr.decode())
    return Answer(False, said.get("additionalContext", ""))
