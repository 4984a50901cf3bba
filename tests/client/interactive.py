"""The client in a terminal, typed into and read as a person would: a pseudo-terminal and an emulated screen."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyte

COLUMNS, LINES = 160, 50
TYPED_TAIL = 20
"""How many characters before the cursor show that what was typed has arrived."""
KEYS = {
    "Enter": "\r",
    "Tab": "\t",
    "Escape": "\x1b",
    "Up": "\x1b[A",
    "Down": "\x1b[B",
    "C-c": "\x03",
}
TAKE_TERMINAL = """\
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Makes the terminal the session's own, as a shell's is, so that closing it hangs up on what runs there."""


class _Screen(pyte.Screen):
    """A screen that answers what programs ask of their terminal."""

    def __init__(self, answer: Callable[[str], None]) -> None:
        super().__init__(COLUMNS, LINES)
        self._answer = answer

    def write_process_input(self, data: str) -> None:
        self._answer(data)


class InteractiveSession:
    """A session on a terminal of 160 × 50. The constructor returns when it shows its prompt."""

    def __init__(self, command: Sequence[str], cwd: Path, env: Mapping[str, str]) -> None:
        self._screen = _Screen(self._write)
        self._stream = pyte.ByteStream(self._screen)
        self._changed = threading.Condition()
        self._ended = False
        self._terminal, end = pty.openpty()
        fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", TAKE_TERMINAL, *command],
            cwd=cwd,
            env={**env, "TERM": "xterm-256color"},
            stdin=end,
            stdout=end,
            stderr=end,
            start_new_session=True,
        )
        os.close(end)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            self.wait_for("❯")
        except BaseException:
            self.kill()
            raise

    def type(self, words: str) -> None:
        """Type text, without Enter, and wait until its end is on the screen."""
        self._write(words)
        tail = _solid(words)[-TYPED_TAIL:]
        self.wait_for(lambda screen: tail in _solid(screen))

    def press(self, *keys: str) -> None:
        """Press keys, by the names in KEYS."""
        self._write("".join(KEYS[key] for key in keys))

    def submit(self, words: str) -> None:
        """Type a line and press Enter."""
        self.type(words)
        self.press("Enter")

    def screen(self) -> str:
        """What the terminal shows, without colours."""
        with self._changed:
            return self._text()

    def wait_for(self, wanted: Callable[[str], bool] | str, timeout: float = 30) -> str:
        """The first screen that contains or satisfies `wanted`. Raises AssertionError, showing the last screen."""
        accepts = (lambda screen: wanted in screen) if isinstance(wanted, str) else wanted
        with self._changed:
            self._changed.wait_for(lambda: self._ended or accepts(self._text()), timeout)
            screen = self._text()
        why = "the client ended" if self._ended else f"not there in {timeout} s"
        assert accepts(screen), f"{why}; the terminal shows:\n{screen}"
        return screen

    def kill(self) -> None:
        """End the client and close its terminal."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._reader.join(5)
        os.close(self._terminal)

    def _text(self) -> str:
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip()

    def _write(self, keys: str) -> None:
        os.write(self._terminal, keys.encode())

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # how a terminal says that nobody has it open any more
            while data := os.read(self._terminal, 1 << 16):
                with self._changed:
                    self._stream.feed(data)
                    self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()


def _solid(words: str) -> str:
    return "".join(words.split())
