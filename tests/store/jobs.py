"""What the processes that tests start do. Each change that was acknowledged is a line of the job's report."""

from __future__ import annotations

import contextlib
import io
import os
import random
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from atlas.adapters.store import lock
from atlas.cli import main as cli
from atlas.core.errors import AtlasError
from atlas.core.records.kinds import KINDS
from atlas.services.assignments import agents, reports
from atlas.services.messages import notices
from atlas.services.orchestration import starting
from atlas.services.plan import beginning, module_edits
from tests.kit import orchestrations as state
from tests.kit.orchestrations import assert_references, context, project_of
from tests.support import leave_fact

from .accidents import small_files

_write = os.write  # a test may put another in its place

Report = Callable[[str], None]


def reporter(path: str) -> Report:
    """Adds lines to a file; each is there, whole, as soon as this returns."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    return lambda line: _ignore(_write(handle, f"{line}\n".encode()))


def _ignore(value: object) -> None:
    pass


def begin_plan(report: Report, repo: str) -> None:
    beginning.start_plan(context(Path(repo)), "Try the store")
    report("plan")


def require(report: Report, repo: str, name: str) -> None:
    module_edits.add_module(context(Path(repo)), name, "high", {"add_criteria": ["it works"]})
    report(f"require {name}")


def begin(report: Report, repo: str) -> None:
    starting.start_workflow(context(Path(repo)))
    report("start")


def register(report: Report, repo: str, prefix: str, count: int) -> None:
    here = context(Path(repo))
    for number in range(count):
        name = f"{prefix}-{number}"
        if agents.register_agent(here, "ai", name, name)["created"]:
            report(f"agent {name}")


def assign(report: Report, repo: str, agent: str, modules: list[str]) -> None:
    """Everything that is still to be had."""
    here = context(Path(repo))
    for module in random.sample(modules, len(modules)):
        with contextlib.suppress(AtlasError):
            if state.assign(here, module, agent)["created"]:
                report(f"module {module} {agent}")


def register_and_assign(report: Report, repo: str, prefix: str, count: int, modules: list[str]) -> None:
    register(report, repo, prefix, count)
    register(report, repo, "shared", 5)
    assign(report, repo, f"{prefix}-0", modules)


def work(report: Report, repo: str, prefix: str) -> None:
    """Change after change of every size, without end."""
    here = context(Path(repo))
    number = 0
    while True:
        agent = f"{prefix}-{number}"
        agents.register_agent(here, "ai", agent, agent)
        report(f"agent {agent}")
        state.reassign(here, "m0", agent, force=True)
        report(f"holder {agent}")
        reports.report_module(here, "m0", "progress", agent * 50)
        report(f"said {agent * 50}")
        message = notices.notify_agent(here, agent, "Subject", "Body", "high", "notification", None)["message"]
        report(f"message {message['id']}")
        number += 1


def observe(report: Report, repo: str, count: int) -> None:
    """Look again and again, without a lock where that can be had, and see one consistent state each time."""
    here = context(Path(repo))
    seen = 0
    for _ in range(count):
        here.store.read(assert_references)
        now = here.store.read(lambda tx: len([tx.all(kind) for kind in KINDS.values()]) and tx.seq)
        assert now >= seen
        seen = now
    report(f"seen {seen}")


def facts(report: Report, repo: str, session: str, count: int) -> None:
    atlas = project_of(Path(repo)).private
    for number in range(count):
        leave_fact(atlas, session, {"fact": "decision", "rule": "no-verify"})
        report(f"fact {number}")


def hold(report: Report, repo: str) -> None:
    """Hold the lock until killed."""
    with lock.lock_store(project_of(Path(repo)).private):
        report("held")
        signal.pause()


def command(report: Report, repo: str, verb: str, arguments: list[str], file_size: int | None = None) -> None:
    """A command as the shell would run it; its exit code and its lines on stderr are reported.

    `file_size` limits what it may write.
    """
    os.chdir(repo)
    out, err = io.TextIOWrapper(io.BytesIO()), io.TextIOWrapper(io.BytesIO())
    limit = small_files(file_size) if file_size is not None else contextlib.nullcontext()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), limit:
        code = cli.main(verb, arguments)
    report(f"exit {code}")
    err.seek(0)
    for line in err.read().splitlines():
        report(f"stderr {line}")


def command_as(report: Report, repo: str, uid: int, verb: str, arguments: list[str]) -> None:
    """A command run by another user."""
    os.setgroups([])
    os.setuid(uid)
    command(report, repo, verb, arguments)


JOBS: dict[str, Callable[..., Any]] = {
    job.__name__: job
    for job in (
        *(begin_plan, require, begin, register, assign, register_and_assign),
        *(work, observe, facts, hold, command, command_as),
    )
}
