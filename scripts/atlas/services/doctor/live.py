"""Canaries: what the guard must refuse is tried by the literal commands of the hooks, run as the client runs them.

Roles are made up in a scratch project of their own, and nothing is left of it. In the project at hand only a session
without a role is made up, for which the hooks do nothing.
"""

from __future__ import annotations

import os
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from atlas.adapters.system import hook_runner
from atlas.core.errors import AtlasError
from atlas.core.paths import find_project
from atlas.core.text import one_line

from .client import client_findings
from .findings import ok, problem
from .scene import HOOKS, WORD, Caller, Opener, Scene

if TYPE_CHECKING:
    from atlas.core.results.doctor import Finding

_SECONDS = 60.0
_NOT_TRIED = hook_runner.Answer("", f"not tried, the time of {_SECONDS:.0f} s was up")
_MEND = "the verbs refuse all the same; install the plugin again, and look at what came back"
_WORDS = {"": "let it be", "deny": "denied", "ask": "asked about", "block": "sent on"}


class Canary(NamedTuple):
    """Something to try, and the verdict it must get, with these words in it."""

    what: str
    verdict: str
    words: str
    fire: Callable[[], hook_runner.Answer]


def live_findings(folder: str, open_context: Opener) -> Iterator[Finding]:
    """A finding for each thing that was looked at or tried. Ends within a bounded time, and changes nothing."""
    yield from client_findings(folder)
    try:
        found = hook_runner.read_hooks(HOOKS)
    except AtlasError as error:
        yield problem("live", str(error), "install the plugin again")
        return
    deadline = time.monotonic() + _SECONDS
    yield from _try_canaries(_project_canaries(folder, found), deadline)
    with tempfile.TemporaryDirectory(prefix="atlas-live-", ignore_cleanup_errors=True) as scratch:
        try:
            scene = Scene(scratch, open_context)
        except (AtlasError, OSError) as error:
            yield problem("live", f"no scratch project could be made to try the gates in: {error}", "mend that first")
            return
        yield from _try_canaries(_role_canaries(scene, found, scratch), deadline)


def _try_canaries(canaries: Iterator[Canary], deadline: float) -> Iterator[Finding]:
    mend = _MEND
    for canary in canaries:
        answer = canary.fire() if time.monotonic() < deadline else _NOT_TRIED
        came = one_line(f"{answer.verdict}: {answer.words}".strip(": "), 160) or "nothing"
        if answer.verdict == canary.verdict and canary.words in answer.words:
            yield ok("live", f"{canary.what}: {_WORDS[canary.verdict]}" + (f" ({came})" if answer.verdict else ""))
        else:
            yield problem("live", f"FAILED {canary.what}: not {_WORDS[canary.verdict]}; came back: {came}", mend)
            mend = ""  # once is enough


def _project_canaries(folder: str, found: dict[str, list[object]]) -> Iterator[Canary]:
    """In the project at hand, by nobody."""
    try:
        root = find_project(folder).root
    except AtlasError:
        return
    nobody = Caller(str(uuid.uuid4()), root, found)
    target = os.path.join(root, ".claude", "PHASE_PROGRESS.json")
    yield Canary("a session without a role, here", "", "", lambda: nobody.call("Write", file_path=target, content=""))
    yield Canary("its end of turn, here", "", "", nobody.stop)


def _role_canaries(scene: Scene, found: dict[str, list[object]], scratch: str) -> Iterator[Canary]:
    """In the scratch project; what comes later builds on what was done before."""
    lead, nobody = Caller(scene.lead, scene.root, found), Caller(scene.stranger, scene.root, found)
    worker = Caller(scene.worker, scene.workspace, found)
    state, source = os.path.join(scene.root, ".claude", "PHASE_PROGRESS.json"), os.path.join(scene.root, "src.py")
    mine = os.path.join(scene.workspace, "src.py")

    def write(caller: Caller, path: str) -> Callable[[], hook_runner.Answer]:
        return lambda: caller.call("Write", file_path=path, content="x")

    def shell(caller: Caller, command: str) -> Callable[[], hook_runner.Answer]:
        return lambda: caller.call("Bash", command=command)

    yield Canary("a session without a role, beside an orchestration", "", "", write(nobody, source))
    yield Canary("the lead writes to the state", "deny", "`state`", write(lead, state))
    yield Canary("the lead writes source itself", "ask", "`delegate`", write(lead, source))
    yield Canary("the lead ends its turn with work left", "block", "", lead.stop)
    yield Canary("a worker writes before it may", "deny", "`understanding`", write(worker, mine))
    scene.let_it_edit()
    yield Canary("a worker writes in its workspace", "", "", write(worker, mine))
    yield Canary("a worker writes outside its workspace", "deny", "`outside`", write(worker, source))
    yield Canary("a worker writes to the state", "deny", "`state`", write(worker, state))
    yield Canary("a worker pushes by force", "deny", "`git`", shell(worker, "git push --force origin HEAD"))
    yield Canary("a worker uses a verb of the lead's", "deny", "`verbs`", shell(worker, "atlas complete live"))
    yield Canary("a worker ends its turn with work left", "block", "", worker.stop)
    stricken = Caller(scene.worker, scene.workspace, found, path=_path_without_python(scratch))
    yield Canary("a worker's call when Python dies", "ask", "", write(stricken, mine))
    scene.interrupt_agent()
    yield Canary("a worker's call while an interrupt waits", "deny", WORD, shell(worker, "true"))
    monitor = Caller(scene.worker, scene.workspace, scene.monitor_hooks())
    yield Canary("the same by the workspace's own monitor", "deny", "INTERRUPT", shell(monitor, "true"))


def _path_without_python(scratch: str) -> str:
    """A PATH in which every Python dies."""
    folder = os.path.join(scratch, "bin")
    os.makedirs(folder, exist_ok=True)
    for name in ("python3", "python"):
        path = os.path.join(folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\nexit 1\n")
        os.chmod(path, 0o755)
    return f"{folder}:{os.environ.get('PATH', os.defpath)}"
