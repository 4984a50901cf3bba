"""What the client does when a turn ends: it runs the hooks for that, and is woken, or sent on, by what they say."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from pathlib import Path
from typing import Any, ClassVar

from tests.support import wait_for

from .sessions import Session, commands


class Turns(Session):
    """A session in a terminal whose turns end. `prompt_id` tells what a person said last."""

    prompt_id = "prompt-1"

    def stop(self, event: str = "Stop", **fields: Any) -> dict[str, Any]:
        """What the hook answers that decides; nothing when the turn may end without a word."""
        done = self._begin(commands(event, "")[0], event, fields)
        output, errors = done.communicate(timeout=30)
        assert (done.returncode, errors) == (0, b"")
        answer: dict[str, Any] = json.loads(output or b"{}")
        return answer

    def waiter(self, **fields: Any) -> Waiter:
        """The hook that goes on in the background, as it is started beside that one."""
        return Waiter(self._begin(commands("Stop", "")[1], "Stop", fields))

    def wait(self, **fields: Any) -> Waiter:
        """Let go, it waits."""
        assert "decision" not in self.stop(**fields)
        waiter = self.waiter(**fields)
        wait_for(lambda: is_waiting(self.atlas, self.name) or waiter.process.poll() is not None)
        return waiter

    def _begin(self, command: str, event: str, fields: dict[str, Any]) -> subprocess.Popen[bytes]:
        about = {"prompt_id": self.prompt_id, "stop_hook_active": False, "background_tasks": []}
        said = {"session_id": self.name, "cwd": str(self.folder), "hook_event_name": event, **about, **fields}
        process = subprocess.Popen(
            [*self.client, "/bin/sh", "-c", command],
            cwd=self.folder,
            env={**os.environ, "CLAUDE_CODE_ENTRYPOINT": "cli", **self.env},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it had no use for the event
            process.stdin.write(json.dumps(said).encode())
            process.stdin.close()
        process.stdin = None
        return process

    client: tuple[str, ...] = ()
    """A command that runs the hook as a child of its own, instead of this process."""

    @property
    def atlas(self) -> Path:
        top = next(folder for folder in (self.folder, *self.folder.parents) if (folder / ".git").is_dir())
        return top / ".git" / "atlas"


def is_waiting(atlas: Path, session: str) -> bool:
    """Whether somebody watches for a session that was let go."""
    file = atlas / "gates/waiters" / session
    return file.exists() and file.read_text().endswith("waits\n")


class Waiter:
    """A hook that waits; the test in which it was begun ends with `end_all`."""

    begun: ClassVar[list[Waiter]] = []

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        Waiter.begun.append(self)

    @classmethod
    def end_all(cls) -> None:
        """End those that still wait."""
        while cls.begun:
            process = cls.begun.pop().process
            process.kill()
            process.communicate(timeout=20)

    def woken(self, timeout: float = 20) -> str:
        """What the model is told when it is woken."""
        output, errors = self.process.communicate(timeout=timeout)
        assert (self.process.returncode, output) == (2, b"")
        return errors.decode()

    def ended(self, timeout: float = 20) -> str:
        """What it said to the person, having woken nobody."""
        output, errors = self.process.communicate(timeout=timeout)
        assert (self.process.returncode, errors) == (0, b"")
        return str(json.loads(output)["systemMessage"]) if output else ""

    def waits(self, seconds: float = 0.8) -> bool:
        """Whether it still waits after a while in which it has looked more than once."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return True
        return False
