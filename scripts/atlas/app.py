"""The composition root, and the only place that makes a store and a context: what a store calls upwards, who calls.

The command line, tests and measurements open their contexts here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from atlas.adapters.store.file_store import FileStore
from atlas.core.errors import AtlasError
from atlas.core.paths import find_project
from atlas.core.text import one_line
from atlas.services.messages import outbox
from atlas.services.project.context import Context, Courier, Settler
from atlas.services.projections import exec_file, projections


def open_context(unattended: bool = False) -> Context:
    """The context of the current folder and session, in which ATLAS acts by itself when it is `unattended`.

    Raises AtlasError when there is no project here.
    """
    try:
        folder = os.getcwd()
    except FileNotFoundError as error:
        raise AtlasError("the current folder was removed: go to the project's folder") from error
    session, token = os.environ.get("CLAUDE_CODE_SESSION_ID"), os.environ.get("ATLAS_TYPED")
    return context_at(folder, session, token, unattended)


def context_at(folder: str, session: str | None = None, token: str | None = None, unattended: bool = False) -> Context:
    """The context of a folder, as a client session (or None) sees it; `token` is that of a command which was typed.

    Raises AtlasError when it is in no project.
    """
    return _compose(folder, session, _print_notice, _deliver_outbox, _settle_landing, token, unattended)


def context_for_repair(folder: str, session: str | None, notice: Callable[[str], None]) -> Context:
    """The same for the doctor: it delivers no messages, and `notice` gets what was repaired in passing."""
    return _compose(folder, session, notice, None, None)


def changes_made() -> int:
    """How many changes of the records this process has made so far."""
    return FileStore.commits


def _compose(
    folder: str,
    session: str | None,
    notice: Callable[[str], None],
    courier: Courier | None,
    settler: Settler | None,
    token: str | None = None,
    unattended: bool = False,
) -> Context:
    project = find_project(folder)
    store = FileStore(project, exec_file.exec_file_bytes, projections.prepare_projections, notice)
    return Context(project, store, session, folder, courier, settler, token, unattended)


def _settle_landing(context: Context) -> None:
    """Settle what a process that died left of merging."""
    from atlas.services.proof.settling import settle_landing  # hardly ever needed

    settle_landing(context)


def _deliver_outbox(context: Context, recipients: set[str]) -> None:
    """Deliver what a change left in the outbox: the change stands whatever comes of that."""
    try:
        for message in outbox.deliver_messages(context, recipients):
            if message["status"] == "failed":
                reason = f"message {message['id']} to {message['to']} was not sent: {message['error']}"
                _print_notice(f"{one_line(reason, 600)}; it waits, `atlas check-agents` tries again")
    except AtlasError as error:
        _print_notice(f"{error}; messages wait, `atlas check-agents` sends them")


def _print_notice(line: str) -> None:
    print(f"atlas: note: {line}", file=sys.stderr)
