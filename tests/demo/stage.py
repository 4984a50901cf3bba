"""Telling the story: commands are run for real, shown with what they print, and must end as told."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from .agent import ATLAS, WAITS

AGENT = Path(__file__).with_name("agent.py")
COLOUR = sys.stdout.isatty() and "NO_COLOR" not in os.environ
PERSON = "carol"
SECONDS = 600
"""At most, for a command (the first one may have to fetch packages) and for what an agent does with a letter."""


class Wrong(Exception):
    """Something was not as told."""


def title(text: str) -> None:
    _print(f"\n{text}\n{'=' * len(text)}", "1")


def say(text: str) -> None:
    """A word to whoever watches."""
    _print("\n" + textwrap.fill(text, 100), "36")


def _print(text: str, style: str = "") -> None:
    print(f"\x1b[{style}m{text}\x1b[0m" if style and COLOUR else text, flush=True)


class Stage:
    """A repository to act in. Commands are the person's, in a plain terminal, unless a session is named."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "CLAUDE_CODE_"))}
        warm = str(folder.with_name("warm"))
        cache = str(folder.with_name("cache"))  # nothing of the demo stays in the person's own
        quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        self._environment = {**kept, **quiet, "WORDCOUNT_WARM": warm, "XDG_CACHE_HOME": cache}

    def atlas(self, *words: str, session: str | None = None, code: int = 0, says: str = "") -> None:
        """Show and run `atlas VERB …`. Raises Wrong unless it ends with `code` and says `says`."""
        self._show(["atlas", *words], [ATLAS, *words], session, code, says)

    def run(self, *words: str, says: str = "") -> None:
        """Show and run another command. Raises Wrong unless it succeeds and says `says`."""
        self._show(list(words), list(words), None, 0, says)

    def _show(self, shown: list[str], command: list[str], session: str | None, code: int, says: str) -> None:
        line = shlex.join(shown)
        _print(f"\n  {session or PERSON} $ {line}", "1")
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment(session),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        if done.stdout:
            _print(textwrap.indent(done.stdout.rstrip("\n"), "    "))
        if done.returncode != code:
            raise Wrong(f"`{line}` ended with exit code {done.returncode}, not {code}")
        if code:
            _print(f"    (exit code {code})", "2")
        if says not in done.stdout:
            raise Wrong(f"`{line}` did not say {says!r}")

    def environment(self, session: str | None) -> dict[str, str]:
        """The environment of a command that a client session runs, or a plain terminal."""
        return {**self._environment, "CLAUDE_CODE_SESSION_ID": session} if session else self._environment


class Worker:
    """The process of an AI agent, in a client session of its own."""

    def __init__(self, stage: Stage, name: str, session: str) -> None:
        self.name = name
        self._process = subprocess.Popen(
            [sys.executable, AGENT, name],
            cwd=stage.folder,
            env=stage.environment(session),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def follow(self, *expected: str) -> None:
        """Show what the agent does until it waits for mail again, or goes.

        Raises Wrong when it fails or takes too long, or a line that begins like one of `expected` is missing.
        """
        watchdog = threading.Timer(SECONDS, self._process.kill)
        watchdog.start()
        try:
            lines = list(self._lines())
        finally:
            watchdog.cancel()
        for start in expected:
            if not any(line.startswith(start) for line in lines):
                raise Wrong(f"{self.name} did not do what was told here: {start!r}")

    def _lines(self) -> Iterator[str]:
        for line in self._process.stdout or ():
            if line.rstrip() == WAITS:
                return
            _print(f"    {self.name} | {line.rstrip()}", "2")
            yield line.strip()
        if self._process.wait() != 0:
            raise Wrong(f"the process of {self.name} ended with exit code {self._process.returncode}")

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *error: object) -> None:
        """End the process, if it has not ended, and whatever it has started, which would still write to the folder."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline:
                os.killpg(self._process.pid, 0)
                time.sleep(0.01)
