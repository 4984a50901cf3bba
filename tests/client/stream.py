"""The client's stream of JSON events, and a session that is talked to through it."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from . import process

Event = dict[str, Any]


class Events(list[Event]):
    """The events of a run, oldest first."""

    def of(self, kind: str, subtype: str | None = None) -> list[Event]:
        """The events of a type, and of a subtype where one is given."""
        return [event for event in self if event["type"] == kind and subtype in (None, event.get("subtype"))]

    @property
    def init(self) -> Event:
        """The first event of the session: its plugins, commands, tools and `plugin_errors`."""
        found = self.of("system", "init")
        assert found, f"no init event in {list(self)}"
        return found[0]

    @property
    def result(self) -> str:
        """The text of the last result. Raises AssertionError when there is none."""
        found = self.of("result")
        assert found, f"no result event in {list(self)}"
        return str(found[-1].get("result", ""))


class StreamingSession:
    """`claude -p --input-format stream-json` with its input kept open."""

    def __init__(self, command: Sequence[str], cwd: Path, env: Mapping[str, str]) -> None:
        self.events = Events()
        self._seen = 0
        self._ended = False
        self._changed = threading.Condition()
        errors, name = tempfile.mkstemp(prefix="stderr-", dir=env["TMPDIR"])
        self._errors = Path(name)
        self._process = process.start(command, cwd, env, errors)
        os.close(errors)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def send(self, words: str) -> None:
        """Say something to the session."""
        message = {"type": "user", "message": {"role": "user", "content": words}}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()

    def wait_for(self, wanted: Callable[[Event], bool], timeout: float = 30) -> Event:
        """The next event that `wanted` accepts, after the one that the last call returned.

        Raises AssertionError when there is none in `timeout` seconds, or the session ends first.
        """
        with self._changed:
            found = self._changed.wait_for(lambda: self._find(wanted) or self._ended, timeout)
            event = self._find(wanted)
            if event is None:
                why = "the session ended" if found else f"nothing in {timeout} s"
                raise AssertionError(f"{why}; last events: {self.events[-5:]}; stderr: {self.stderr}")
            self._seen = self.events.index(event, self._seen) + 1
            return event

    def ask(self, words: str, timeout: float = 30) -> str:
        """Say something and wait for the result's text."""
        self.send(words)
        return str(self.wait_for(lambda event: event["type"] == "result", timeout).get("result", ""))

    def close(self, timeout: float = 30) -> int:
        """End the input, as a person who leaves does, and wait for the session's exit code."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired as error:
            raise AssertionError(f"the session still ran {timeout} s after its input ended") from error

    def kill(self) -> None:
        """End it now, if it still runs, and all that it started."""
        process.kill_group(self._process)
        self._reader.join(5)
        assert not self._reader.is_alive(), "something that the session started outlives it and holds its output"
        process.close_pipes(self._process)

    @property
    def stderr(self) -> str:
        """What it wrote to standard error so far."""
        return self._errors.read_text(encoding="utf-8", errors="replace")

    def _find(self, wanted: Callable[[Event], bool]) -> Event | None:
        return next((event for event in self.events[self._seen :] if wanted(event)), None)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._changed:
                self.events.append(json.loads(line))
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()
