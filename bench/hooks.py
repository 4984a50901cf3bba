"""Running hook commands as the client does, and what they are compared with."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
NOTHING = {"sh": ["sh", "-c", ":"], "python3": ["python3", "-I", "-S", "-c", "pass"]}
ROUNDS = {"sh": 200, "python3": 60}


def environment(folder: Path) -> dict[str, str]:
    """Where hooks find the plugin, and a `python3` that is no environment's, by a link made in `folder`."""
    (folder / "bin").mkdir()
    (folder / "bin" / "python3").symlink_to(getattr(sys, "_base_executable", sys.executable))
    return {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "CLAUDE_PLUGIN_ROOT": str(ROOT)}


def plugin_command(event: str, tool: str, part: str = "") -> list[str]:
    """The plugin's literal command at an event about a tool; `part` of its text tells one from others."""
    hooks = json.loads((ROOT / "hooks" / "hooks.json").read_text(encoding="utf-8"))["hooks"][event]
    fitting = [hook for one in hooks if _matches(one.get("matcher", ""), tool) for hook in one["hooks"]]
    return ["sh", "-c", next(hook["command"] for hook in fitting if part in hook["command"])]


def _matches(matcher: str, tool: str) -> bool:
    pattern = matcher.startswith("^")
    return not matcher or (re.search(matcher, tool) is not None if pattern else tool in matcher.split("|"))


class Run:
    """A command, the event that it is told, and where."""

    def __init__(self, command: Sequence[str], event: Mapping[str, object], cwd: Path, env: Mapping[str, str]) -> None:
        self._command, self._event, self._cwd = command, json.dumps(event).encode(), cwd
        session = str(event.get("session_id", ""))
        self._env = {**env, "CLAUDE_PROJECT_DIR": str(cwd), "CLAUDE_CODE_SESSION_ID": session}

    def seconds(self) -> float:
        """How long it takes, once."""
        began = time.perf_counter()
        subprocess.run(
            self._command, cwd=self._cwd, env=self._env, input=self._event, stdout=subprocess.DEVNULL, check=True
        )
        return time.perf_counter() - began

    def instead(self, command: Sequence[str]) -> Run:
        """Another command in its place."""
        other = Run(command, {}, self._cwd, self._env)
        other._event, other._env = self._event, self._env
        return other


def ratios(base: str, runs: Sequence[Run], prepare: Callable[[], None] = lambda: None) -> list[float]:
    """The median times of runs over that of a `base` that does nothing, all in turn."""
    everything = [*runs, runs[0].instead(NOTHING[base])]
    times: list[list[float]] = [[] for _ in everything]
    for _ in range(ROUNDS[base]):
        for run, seconds in zip(everything, times, strict=True):
            prepare()
            seconds.append(run.seconds())
    *ours, nothing = map(median, times)
    return [each / nothing for each in ours]
