"""What the client does for a session's events: it runs the literal commands of hooks.json."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support import ROOT


class Session:
    """A client's session in a folder. This process stands for the client, so all of them are of the same one."""

    def __init__(self, folder: Path, name: str, env: Mapping[str, str] | None = None) -> None:
        self.folder, self.name = folder, name
        self.env = {"CLAUDE_PLUGIN_ROOT": str(ROOT), "CLAUDE_PROJECT_DIR": str(folder), "CLAUDE_CODE_SESSION_ID": name}
        self.env.update(env or {})

    def start(self, source: str = "startup") -> str:
        """What its model is told as it begins; the making of the Python environment is left out."""
        return self._told("SessionStart", source, source=source)

    def end(self, reason: str = "other") -> None:
        assert self._told("SessionEnd", reason, reason=reason) == ""

    def clear(self, name: str) -> tuple[Session, str]:
        """The session that takes its place, and what that is told."""
        self.end("clear")
        new = Session(self.folder, name)
        return new, new.start("clear")

    def prompt(self, words: str = "Go on.") -> str:
        """What is added to what a person says."""
        return self._told("UserPromptSubmit", "", prompt=words)

    def batch(self, agent: str = "") -> str:
        """What the model is told after a batch of calls, its own or a subagent's."""
        who = {"agent_id": agent, "agent_type": "atlas:worker"} if agent else {}
        return self._told("PostToolBatch", "", tool_calls=[], **who)

    def fire(self, name: str, value: str, **fields: Any) -> list[subprocess.CompletedProcess[bytes]]:
        """Run what hooks.json has for an event, where `value` is what its matchers look at."""
        event = {"session_id": self.name, "cwd": str(self.folder), "hook_event_name": name, **fields}
        return [self._run(command, event) for command in commands(name, value)]

    def _told(self, name: str, value: str, **fields: Any) -> str:
        ran = self.fire(name, value, **fields)
        assert [(done.returncode, done.stderr) for done in ran] == [(0, b"")] * len(ran)
        said = [json.loads(done.stdout)["hookSpecificOutput"] for done in ran if done.stdout]
        assert all(one["hookEventName"] == name for one in said)
        return "\n".join(one["additionalContext"] for one in said)

    def _run(self, command: str, event: dict[str, Any]) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=self.folder,
            env={**os.environ, **self.env},
            input=json.dumps(event).encode(),
            capture_output=True,
            timeout=30,
            check=False,
        )


def commands(event: str, value: str) -> list[str]:
    """The commands of an event whose matcher accepts a value, but for the one that makes the Python environment."""
    entries = json.loads((ROOT / "hooks/hooks.json").read_text(encoding="utf-8"))["hooks"][event]
    wanted = [entry for entry in entries if matches(entry.get("matcher", ""), value)]
    found = [hook["command"] for entry in wanted for hook in entry["hooks"]]
    return [command for command in found if "environment" not in command]


def matches(matcher: str, value: str) -> bool:
    """As the client does: names, or else an expression that may match anywhere."""
    names = re.fullmatch(r"[\w|]*", matcher)
    return not matcher or (value in matcher.split("|") if names else bool(re.search(matcher, value)))


def close_client(folder: Path) -> None:
    """Have this process stand for no client of the project any more: what it runs is run in a plain terminal."""
    (folder / ".git/atlas/gates/clients" / str(os.getpid())).unlink()
