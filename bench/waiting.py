"""How soon a lead that waits in the real client is woken by a worker's report, and what its waiting costs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from .hooks import ROOT
from .marks import Figure

REPORTS = 15
WOKEN_MARK = 2.0
LEAD, WORKER = "11111111-aaaa-4bbb-8ccc-000000000001", "22222222-aaaa-4bbb-8ccc-000000000002"
PATIENCE = 30.0


def measure(folder: Path) -> Iterator[Figure]:
    """From the start of `atlas report` to the lead's next request, over the time of that command alone."""
    from tests.client import clients
    from tests.client.model import ScriptedModel
    from tests.client.sandbox import HURRIED, Sandbox

    project = _project(folder)
    ratios, needless = [], 0
    with ScriptedModel(*["I wait."] * (REPORTS + 2)) as model:
        sandbox = Sandbox(clients.locate("newest"), folder / "sandbox", env=dict.fromkeys(HURRIED, ""))
        lead = ["--session-id", LEAD]
        with sandbox.stream(model=model, cwd=project, plugin_dirs=[ROOT], extra_args=lead) as session:
            session.send("Wait for your agent.")
            for number in range(1, REPORTS + 1):
                _await_watch(project)
                needless += len(model.requests) - number
                began = time.perf_counter()
                _atlas(
                    project / ".claude" / "worktrees" / "api",
                    WORKER,
                    "report",
                    "api",
                    "progress",
                    "--text",
                    str(number),
                )
                reported = time.perf_counter() - began
                model.wait_for_requests(number + 1)
                ratios.append((time.perf_counter() - began) / reported)
            _await_watch(project)
        sandbox.end_processes()
    yield Figure("report to the lead's wake-up / the report alone", median(ratios), WOKEN_MARK)
    yield Figure("model requests while it waits", needless, 0)


def _project(folder: Path) -> Path:
    """A project that a session leads, whose one agent is at work in its workspace."""
    project = folder / "project"
    subprocess.run(["git", "init", "--quiet", project], check=True)
    author = ("-c", "user.name=Bench", "-c", "user.email=bench@example.invalid")
    subprocess.run(["git", *author, "commit", "--quiet", "--allow-empty", "--message=Start"], cwd=project, check=True)
    for words in (
        ("plan", "measure"),
        ("requirement", "add", "--name", "Api", "--criteria", "it works", "--check", "true"),
        *(("approve",), ("start",), ("register", "ai", "helper"), ("assign", "api", "implementer-1")),
    ):
        _atlas(project, LEAD, *words)
    workspace = project / ".claude" / "worktrees" / "api"
    _atlas(workspace, WORKER, "inbox", "implementer-1")
    said = ("--out-of-scope", "the rest", "--evidence", "its check", "--text", "I make it work.")
    _atlas(workspace, WORKER, "repeat", "api", "--criteria", "c1", "--file", "api.py", *said)
    _atlas(project, LEAD, "verify-instructions", "record-repetition", "implementer-1", "--correct")
    _atlas(project, LEAD, "verify-instructions", "authorize", "implementer-1")
    return project


def _atlas(folder: Path, session: str, *words: str) -> None:
    command = [sys.executable, str(ROOT / "scripts" / "atlas_cli.py"), *words]
    env = {**os.environ, "CLAUDE_CODE_SESSION_ID": session}
    subprocess.run(command, cwd=folder, env=env, stdout=subprocess.DEVNULL, check=True)


def _await_watch(project: Path) -> None:
    """Return when somebody watches for the lead."""
    file = project / ".git" / "atlas" / "gates" / "waiters" / LEAD
    until = time.monotonic() + PATIENCE
    while not (file.exists() and file.read_text().endswith("waits\n")):
        if time.monotonic() > until:
            raise TimeoutError("nobody watches for the lead")
        time.sleep(0.01)
