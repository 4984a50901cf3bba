"""The hooks at both ends of a turn, by their literal commands, against a Python that does nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hooks.turn_end import mark_of

from .hooks import Run, plugin_command, ratios
from .marks import Figure
from .project import LEAD

PYTHON_MARK = 1.6
_TURN = {"prompt_id": "prompt-1", "stop_hook_active": False, "last_assistant_message": "Done."}
_STOP = {**_TURN, "hook_event_name": "Stop", "background_tasks": []}


def measure(project: Path, worker: str, env: Mapping[str, str]) -> Iterator[Figure]:
    """Of the lead and of a worker: a turn that ends, a wait that is not to be, a session that is resumed."""
    env = {**env, "CLAUDE_CODE_ENTRYPOINT": "cli"}
    workspace = project / ".claude" / "worktrees" / "m0"
    for who, session, folder in (("the lead", LEAD, project), ("a worker", worker, workspace)):
        turn = _Turn(project / ".git" / "atlas" / "gates", session, folder, env)
        for name, ratio in (("stop", turn.stop()), ("waiter", turn.waiter()), ("session", turn.session())):
            yield Figure(f"{name} of {who} / python3 -I -S -c pass", ratio, PYTHON_MARK)


class _Turn:
    """What the hooks at both ends of a session's turn cost, each time as if it were the first."""

    def __init__(self, gates: Path, session: str, folder: Path, env: Mapping[str, str]) -> None:
        self._gates, self._session, self._folder, self._env = gates, session, folder, env

    def stop(self) -> float:
        """The turn ends, with nothing noted about one before."""
        return self._ratio("stop", "Stop", _STOP, self._forget)

    def waiter(self) -> float:
        """The same beside it, which learns that there is nothing to wait for."""
        return self._ratio("waiter", "Stop", _STOP, self._decide)

    def session(self) -> float:
        """The session is resumed."""
        return self._ratio("session", "SessionStart", {"hook_event_name": "SessionStart", "source": "resume"})

    def _ratio(self, hook: str, name: str, event: Mapping[str, Any], prepare: Any = lambda: None) -> float:
        command = plugin_command(name, "resume", part=hook)
        event = {**event, "session_id": self._session, "cwd": str(self._folder)}
        return ratios("python3", [Run(command, event, self._folder, self._env)], prepare)[0]

    def _forget(self) -> None:
        for kind in ("stops", "verdicts"):
            (self._gates / kind / self._session).unlink(missing_ok=True)

    def _decide(self) -> None:
        note = {"stop": mark_of(_TURN), "wait": False}
        (self._gates / "verdicts").mkdir(exist_ok=True)
        (self._gates / "verdicts" / self._session).write_text(json.dumps(note), encoding="utf-8")
