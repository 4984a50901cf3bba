"""The Claude Code client: the command that starts an agent's session, and a session driven over pipes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from typing import Any

from atlas.core.errors import AtlasError

from .environment import SCRIPTS

PLUGIN = os.path.dirname(SCRIPTS)
_STREAMING = ("-p", "--verbose", "--input-format", "stream-json", "--output-format", "stream-json")
SUPERVISED = "ATLAS_SUPERVISED"
"""In the environment of a session that is told its news by whoever drives it, so that no hook has to."""
_OF_A_SESSION = (
    SUPERVISED,
    "CLAUDECODE",
    "CLAUDE_CODE_SESSION_ID",
    "CLAUDE_CODE_ENTRYPOINT",
    "CLAUDE_PROJECT_DIR",
    "CLAUDE_ENV_FILE",
)


def find_client(chosen: str | None) -> str:
    """The path of the client: the one chosen, or `claude` on PATH. Raises AtlasError when it is not there."""
    found = shutil.which(chosen or "claude")
    if found is None:
        raise AtlasError(f"{chosen or 'claude'} was not found: install Claude Code, or name it with --client PATH")
    return os.path.abspath(found)


def client_command(client: str, *, resume: str | None = None) -> list[str]:
    """An interactive session with this plugin, in which edits need no permission; `resume` continues an earlier one."""
    again = ["--resume", resume] if resume else []
    return [client, "--plugin-dir", PLUGIN, "--permission-mode", "acceptEdits", *again]


def client_environment() -> dict[str, str]:
    """This process's environment without what belongs to the session that it may have been started from."""
    return {k: v for k, v in os.environ.items() if k not in _OF_A_SESSION and not k.startswith("CLAUDE_PLUGIN_")}


def command_without_session(words: list[str]) -> list[str]:
    """The command, run without those variables wherever its environment comes from (a tmux server has its own)."""
    return ["env", *(word for name in _OF_A_SESSION for word in ("-u", name)), *words]


class StreamedSession:
    """A client in streaming mode: it goes on between turns, waiting on its standard input, and asks no model meanwhile.

    `session` is its id once it said so; `idle` whether it waits for the next message.
    """

    def __init__(self, client: str, folder: str, log: str, resume: str | None) -> None:
        self.session = resume
        self.idle = True
        self._log = log
        self._process = subprocess.Popen(
            [*client_command(client, resume=resume), *_STREAMING],
            cwd=folder,
            env={**client_environment(), SUPERVISED: "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def send(self, text: str) -> None:
        """Give it the next message. One that has just died gets none: the caller sees that it no longer runs."""
        self.idle = False
        message = {"type": "user", "message": {"role": "user", "content": [{"type": "text", "text": text}]}}
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            pass

    def close(self, patience: float) -> None:
        """Let it end by itself, and kill it after `patience` seconds."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.close()
            self._process.wait(timeout=patience)
        except (OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        self._reader.join(patience)

    def _read(self) -> None:
        assert self._process.stdout is not None
        with open(os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as log:
            for line in self._process.stdout:
                log.write(line)
                log.flush()
                self._note(line)

    def _note(self, line: bytes) -> None:
        try:
            event: Any = json.loads(line)
        except ValueError:
            return
        if not isinstance(event, dict):
            return
        if event.get("type") == "system" and event.get("subtype") == "init":
            self.session = str(event.get("session_id"))
        elif event.get("type") == "result":
            self.idle = True


def start_detached(command: list[str], folder: str, log: str, env: dict[str, str]) -> int:
    """Start a process in a session and group of its own, its output added to `log`; returns its number."""
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        process = subprocess.Popen(
            command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=handle, stderr=handle, start_new_session=True
        )
    finally:
        os.close(handle)
    return process.pid
