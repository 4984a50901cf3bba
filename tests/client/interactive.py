"""The client in a terminal: tmux on a socket of its own, typed into and read as a person would."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.support import wait_for

COLUMNS, LINES = 160, 50
TYPED_TAIL = 20
"""How many characters before the cursor show that what was typed has arrived."""


class InteractiveSession:
    """A session on a terminal of 160 × 50. The constructor returns when it shows its prompt."""

    def __init__(self, command: Sequence[str], cwd: Path, env: Mapping[str, str]) -> None:
        if shutil.which("tmux") is None:
            raise AssertionError("the interactive tests drive a terminal: install tmux")
        self._sockets = tempfile.mkdtemp(prefix="atlas-tmux-")
        self._env = {**env, "TMUX_TMPDIR": self._sockets}
        self._leader: int | None = None
        size = ["-x", str(COLUMNS), "-y", str(LINES)]
        try:
            self._tmux("-f", "/dev/null", "new-session", "-d", *size, "-c", str(cwd), "--", *command)
            self._tmux("set-option", "-g", "remain-on-exit", "on")
            self._leader = int(self._tmux("display-message", "-p", "#{pane_pid}"))
            self.wait_for(lambda screen: "❯" in screen)
        except BaseException:
            self.kill()
            raise

    def type(self, words: str) -> None:
        """Type text, without Enter, and wait until its end is on the screen."""
        self._tmux("send-keys", "-l", "--", words)
        tail = _solid(words)[-TYPED_TAIL:]
        self.wait_for(lambda screen: tail in _solid(screen))

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names: Enter, Tab, Escape, Up, C-c, …"""
        self._tmux("send-keys", *keys)

    def submit(self, words: str) -> None:
        """Type a line and press Enter."""
        self.type(words)
        self.press("Enter")

    def screen(self) -> str:
        """What the terminal shows, without colours; wrapped lines are joined."""
        return self._tmux("capture-pane", "-p", "-J")

    def wait_for(self, wanted: Callable[[str], bool] | str, timeout: float = 30) -> str:
        """The first screen that `wanted` accepts, or that contains it. Raises AssertionError, showing the last screen."""
        accepts = (lambda screen: wanted in screen) if isinstance(wanted, str) else wanted
        screen = ""

        def look() -> bool:
            nonlocal screen
            screen = self.screen()
            return accepts(screen)

        try:
            wait_for(look, timeout)
        except AssertionError as error:
            raise AssertionError(f"{error}; the terminal shows:\n{screen}") from None
        return screen

    def kill(self) -> None:
        """End the terminal and all that runs in it."""
        with contextlib.suppress(AssertionError):
            self._tmux("kill-server")
        if self._leader is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._leader, signal.SIGKILL)
        shutil.rmtree(self._sockets, ignore_errors=True)

    def _tmux(self, *arguments: str) -> str:
        command = ["tmux", "-u", "-L", "client", *arguments]
        done = subprocess.run(
            command, env=self._env, capture_output=True, text=True, encoding="utf-8", timeout=10, check=False
        )
        assert done.returncode == 0, f"tmux {arguments[0]}: {done.stderr}"
        return done.stdout


def _solid(words: str) -> str:
    return "".join(words.split())
