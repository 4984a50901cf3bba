"""A scratch home in which the real client runs: against a scripted model, with no environment but the one made here."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import process
from .clients import REAL_HOME, Client
from .interactive import InteractiveSession
from .model import ScriptedModel
from .stream import Events, StreamingSession

API_KEY = "dummy-key-of-the-tests-0123456789"
QUIET = {
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "DISABLE_TELEMETRY": "1",
    "DISABLE_AUTOUPDATER": "1",
    "DISABLE_ERROR_REPORTING": "1",
}
HURRIED = {"CLAUDE_CODE_STOP_HOOK_BLOCK_CAP": "1", "ATLAS_WAIT_SECONDS": "0"}
"""A session ends when its script does; tests of what keeps it from ending leave these out."""
INHERITED = ("PATH", "LANG", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM", "XDG_DATA_HOME")
"""What the root conftest made clean and the client's children need; the last is where ATLAS's Python environment is."""
PERMISSIONS = ("--permission-mode", "acceptEdits", "--allowedTools", "Bash")
STREAM_OUT = ("-p", "--output-format", "stream-json", "--verbose", "--include-hook-events")
STREAM_IN = ("--input-format", "stream-json")


@dataclass(frozen=True)
class PrintRun:
    """A finished `claude -p`."""

    exit_code: int
    events: Events
    stderr: str

    @property
    def result(self) -> str:
        """The text that print mode would have shown. Raises AssertionError when the run ended without one."""
        return self.events.result


@dataclass
class Sandbox:
    """One client with a home and a configuration folder of its own under `root`.

    Sessions of several tests may share a sandbox and what is installed in it, each with its own model and folder.
    """

    client: Client
    root: Path
    env: dict[str, str] = field(default_factory=dict)
    """Added to the environment of everything run here."""

    def __post_init__(self) -> None:
        for folder in (self.home, self.config, self.root / "tmp"):
            folder.mkdir(parents=True, exist_ok=True)

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def config(self) -> Path:
        return self.home / ".claude"

    def environment(self, model: ScriptedModel | None = None, env: Mapping[str, str] | None = None) -> dict[str, str]:
        """The whole environment of a client. Raises AssertionError when it leads out of the scratch home."""
        inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
        scratch = {
            "HOME": str(self.home),
            "CLAUDE_CONFIG_DIR": str(self.config),
            "TMPDIR": str(self.root / "tmp"),
            "CLAUDE_CODE_TMPDIR": str(self.root / "tmp"),
        }
        talk = {"ANTHROPIC_BASE_URL": model.url, "ANTHROPIC_API_KEY": API_KEY} if model else {}
        whole = {**inherited, **QUIET, **HURRIED, **scratch, **talk, **self.env, **(env or {})}
        for name in ("HOME", "CLAUDE_CONFIG_DIR"):
            refuse_real_home(Path(whole[name]), self.root)
        return whole

    def run(
        self, *arguments: str | Path, cwd: Path | None = None, stdin: str = "", timeout: float = 60
    ) -> subprocess.CompletedProcess[str]:
        """Run `claude ARGUMENTS…` to its end, without a model; for `plugin …` and the like."""
        return process.run(self._command(arguments), cwd or self.home, self.environment(), stdin, timeout)

    def install(self, marketplace: str | Path, plugin: str = "atlas@atlas-tools") -> None:
        """Add a marketplace, a folder or an address, and install a plugin from it. Raises AssertionError."""
        for arguments in (("marketplace", "add", str(marketplace)), ("install", plugin)):
            done = self.run("plugin", *arguments)
            assert done.returncode == 0, f"claude plugin {' '.join(arguments)}: {done.stdout}{done.stderr}"

    def run_print(
        self,
        prompt: str,
        *,
        model: ScriptedModel,
        cwd: Path,
        plugin_dirs: Sequence[Path] = (),
        extra_args: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
        stdin: str = "",
        timeout: float = 60,
    ) -> PrintRun:
        """Run `claude -p PROMPT` to its end. Without `plugin_dirs` it has the plugins that are installed here."""
        command = self._command((*STREAM_OUT, *PERMISSIONS, *extra_args), plugin_dirs)
        done = process.run([*command, "--", prompt], cwd, self.environment(model, env), stdin, timeout)
        return PrintRun(done.returncode, Events(json.loads(line) for line in done.stdout.splitlines()), done.stderr)

    @contextlib.contextmanager
    def stream(
        self,
        *,
        model: ScriptedModel,
        cwd: Path,
        plugin_dirs: Sequence[Path] = (),
        extra_args: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
    ) -> Iterator[StreamingSession]:
        """A session in streaming input mode; killed at the end of the block."""
        command = self._command((*STREAM_OUT, *STREAM_IN, *PERMISSIONS, *extra_args), plugin_dirs)
        session = StreamingSession(command, cwd, self.environment(model, env))
        try:
            yield session
        finally:
            session.kill()

    @contextlib.contextmanager
    def interactive(
        self,
        *,
        model: ScriptedModel,
        cwd: Path,
        plugin_dirs: Sequence[Path] = (),
        extra_args: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
    ) -> Iterator[InteractiveSession]:
        """A session in a terminal, past onboarding and trust; killed at the end of the block."""
        self.accept(cwd)
        command = self._command((*PERMISSIONS, *extra_args), plugin_dirs)
        session = InteractiveSession(command, cwd, self.environment(model, env))
        try:
            yield session
        finally:
            session.kill()

    def processes(self) -> dict[int, str]:
        """What runs in this home now, by process id: sessions, and whatever they left running."""
        return process.living_in(self.home)

    def end_processes(self) -> None:
        """End them all: the client runs its Bash tool in groups of their own, which outlive a client that is killed."""
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def client_state(self) -> dict[str, Any]:
        """The client's own `.claude.json`; empty before its first run."""
        file = self.config / ".claude.json"
        state: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        return state

    def accept(self, project: Path, trust: bool = True) -> None:
        """Answer what the client asks of a new user, and whether the folder is to be trusted."""
        state = self.client_state()
        state.update(hasCompletedOnboarding=True, theme="dark", bypassPermissionsModeAccepted=True)
        state["customApiKeyResponses"] = {"approved": [API_KEY[-20:]], "rejected": []}
        trusted = {"hasTrustDialogAccepted": trust, "hasCompletedProjectOnboarding": True}
        state.setdefault("projects", {})[str(project.resolve())] = trusted
        (self.config / ".claude.json").write_text(json.dumps(state), encoding="utf-8")

    def _command(self, arguments: Sequence[str | Path], plugin_dirs: Sequence[Path] = ()) -> list[str]:
        plugins = [word for folder in plugin_dirs for word in ("--plugin-dir", str(folder))]
        return [str(self.client.binary), *plugins, *map(str, arguments)]


def refuse_real_home(folder: Path, root: Path) -> None:
    """Raises AssertionError unless `folder` lies inside `root`, and the person's home neither holds nor is the root."""
    folder, root = folder.resolve(), root.resolve()
    assert root in folder.parents, f"{folder} is outside the scratch folder {root}"
    assert root not in (REAL_HOME, *REAL_HOME.parents), f"{root} holds the real home"
    assert REAL_HOME / ".claude" not in (folder, *folder.parents), f"{folder} is the person's own"
