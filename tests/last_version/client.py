"""A client's session in a project, with one version of the plugin: it runs the literal commands of that one's hooks."""

from __future__ import annotations

import json
import os
import subprocess
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from tests.kit.sessions import matches
from tests.support import ROOT

_calls = count(1)


class Answer(NamedTuple):
    """What a hook says of a call: whether that is stopped, `deny` or `ask`, and what the model is told."""

    verdict: str
    words: str

    @property
    def stopped(self) -> bool:
        return self.verdict in ("deny", "ask")


class Session:
    """A session in a folder, by its id. `hooks` is the file that the client has its hooks from, if not the plugin's."""

    def __init__(self, folder: Path, name: str, plugin: Path = ROOT, hooks: Path | None = None) -> None:
        self.folder, self.name, self.plugin = folder, name, plugin
        self._hooks = hooks or plugin / "hooks/hooks.json"

    def start(self) -> str:
        """What the model is told as the session begins, or is resumed."""
        return "\n".join(answer.words for answer in self._answers("SessionStart", "resume", source="resume"))

    def call(self, tool: str, **given: Any) -> Answer:
        """A batch of one call: what comes before it, and after it with what its model has been told."""
        answer, use = self.begin(tool, **given)
        self.end((use, answer))
        return answer

    def begin(self, tool: str, **given: Any) -> tuple[Answer, dict[str, Any]]:
        """What is said before a call, and the call."""
        use = {"tool_name": tool, "tool_input": given, "tool_use_id": f"toolu_{next(_calls):06d}"}
        (answer,) = self._answers("PreToolUse", tool, **use) or [Answer("", "")]
        return answer, use

    def end(self, *batch: tuple[dict[str, Any], Answer]) -> str:
        """What the model is told after a batch of calls."""
        calls = [
            {**use, "tool_response": f"Hook error: {answer.words}" if answer.stopped else f"ran\n{answer.words}"}
            for use, answer in batch
        ]
        return "\n".join(answer.words for answer in self._answers("PostToolBatch", "", tool_calls=calls))

    def stop(self) -> str:
        """With what it is sent on at the end of its turn; nothing when it is let go."""
        about = {"prompt_id": "prompt-1", "stop_hook_active": False, "background_tasks": []}
        said = [json.loads(each) for each in self._fire("Stop", "", about) if each]
        return "\n".join(one["reason"] for one in said if one.get("decision") == "block")

    def typed(self, verb: str) -> str:
        """What the person is shown who types the slash command of a verb."""
        (said,) = self._fire(
            "UserPromptExpansion", f"atlas-{verb}", {"command_name": f"atlas-{verb}", "command_args": ""}
        )
        shown = json.loads(said)
        return str(shown.get("stopReason") or shown["systemMessage"])

    def prompt(self) -> str:
        """What the model is told beside what a person says."""
        return "\n".join(answer.words for answer in self._answers("UserPromptSubmit", "", prompt="Go on."))

    def leave(self) -> None:
        assert not any(self._fire("SessionEnd", "other", {"reason": "other"}))

    def atlas(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run `atlas VERB …` as the session's Bash tool does."""
        command = [str(self.plugin / "bin/atlas"), *words]
        return subprocess.run(
            command, cwd=self.folder, env=self._environment(), capture_output=True, text=True, timeout=60, check=False
        )

    def does(self, *words: str) -> str:
        """The output of a verb, which must succeed."""
        done = self.atlas(*words)
        assert (done.returncode, done.stderr) == (0, ""), (words, done.stdout, done.stderr)
        return done.stdout

    def _answers(self, event: str, value: str, **fields: Any) -> list[Answer]:
        said = [json.loads(each)["hookSpecificOutput"] for each in self._fire(event, value, fields) if each]
        return [
            Answer(
                one.get("permissionDecision", ""),
                one.get("permissionDecisionReason") or one.get("additionalContext", ""),
            )
            for one in said
        ]

    def _fire(self, event: str, value: str, fields: dict[str, Any]) -> list[str]:
        """What each hook of an event prints, but for the one that makes packages; one that waits ends at once."""
        entries = json.loads(self._hooks.read_text(encoding="utf-8"))["hooks"].get(event, [])
        hooks = [hook for entry in entries if matches(entry.get("matcher", ""), value) for hook in entry["hooks"]]
        about = {"session_id": self.name, "cwd": str(self.folder), "hook_event_name": event, **fields}
        printed = []
        for hook in hooks:
            if "environment" in hook["command"]:
                continue
            done = subprocess.run(
                ["/bin/sh", "-c", hook["command"]],
                cwd=self.folder,
                env=self._environment(),
                input=json.dumps(about),
                capture_output=True,
                text=True,
                timeout=30,
                check=False,
            )
            assert (done.returncode, done.stderr) == (0, ""), (event, done)
            printed.append(done.stdout)
        return printed

    def _environment(self) -> dict[str, str]:
        session = {"CLAUDE_CODE_SESSION_ID": self.name} if self.name else {}
        places = {"CLAUDE_PLUGIN_ROOT": str(self.plugin), "CLAUDE_PROJECT_DIR": str(self.folder)}
        return {**os.environ, **places, **session, "ATLAS_WAIT_SECONDS": "0"}
