"""The `.INTERRUPT` file of each workspace: what is still to be delivered there."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from typing import Any

from atlas.adapters.git import worktree
from atlas.adapters.store.transaction import Transaction
from atlas.adapters.system import disk
from atlas.core import interrupts
from atlas.core.letters import discoveries
from atlas.core.paths import Project, contains_path
from atlas.core.records.kinds import DISCOVERY, WORKSPACE
from atlas.core.rules.reach import awaits_delivery

_PATIENCE = 2.0
_LOOK_SECONDS = 0.005


def waiting_interrupts(tx: Transaction) -> dict[str, list[dict[str, Any]]]:
    """What is to be delivered, by workspace, oldest first."""
    found: dict[str, list[dict[str, Any]]] = {}
    for discovery in tx.containing(DISCOVERY, status="queued"):
        item = {
            **{field: discovery[field] for field in ("id", "severity", "stop")},
            "words": discoveries.discovery_text(discovery),
        }
        for recipient in discovery["recipients"]:
            if awaits_delivery(tx, recipient):
                found.setdefault(recipient["workspace"], []).append(item)
    return found


def folders_of_workspaces(tx: Transaction, names: list[str], everywhere: bool) -> dict[str, str]:
    """The paths of the workspaces to look at, by name."""
    records = tx.all(WORKSPACE) if everywhere else [tx.need(WORKSPACE, name) for name in names]
    return {record["name"]: record["path"] for record in records}


def put_interrupts(project: Project, name: str, path: str, items: list[dict[str, Any]]) -> str | None:
    """Make a workspace's file hold what of `items` its monitor has not delivered yet."""
    folder = os.path.realpath(os.path.join(project.root, path))
    file, record = os.path.join(folder, interrupts.INTERRUPT_FILE), interrupts.monitor_record(project.private, name)
    if not items and not os.path.lexists(file) and not os.path.exists(record):
        return None
    if worktree.worktree_fault(project.common, folder) is not None:
        return None
    try:
        if not contains_path(project.root, folder):
            raise OSError(0, f"{path} leads out of the project")
        with _lock_record(record):
            delivered = _forget_all_but(record, {item["id"] for item in items})
            rest = [item for item in items if item["id"] not in delivered]
            if rest:
                _put_file(file, json.dumps({"version": 1, "workspace": name, "items": rest}).encode())
            elif os.path.lexists(file):
                os.unlink(file)
    except OSError as error:
        return f"workspace {name}: its {interrupts.INTERRUPT_FILE} could not be brought up to date: {error.strerror}"
    return None


def _forget_all_but(path: str, ids: set[str]) -> list[str]:
    """Drop from a monitor's record what nobody waits for any more; returns what of `ids` it has delivered."""
    try:
        record = json.loads(disk.read_bytes(path) or b"null")
        kept = [one for one in record["delivered"] if one in ids]
    except (ValueError, KeyError, TypeError):
        return []
    if not ids:
        os.unlink(path)
    elif kept != record["delivered"]:
        _put_file(path, json.dumps({**record, "delivered": kept}).encode())
    return kept


@contextlib.contextmanager
def _lock_record(record: str) -> Iterator[None]:
    """Hold the lock of a monitor's record. Raises OSError when a monitor keeps it for too long."""
    disk.make_private_folder(os.path.dirname(record))
    handle = os.open(f"{record.removesuffix('.json')}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + _PATIENCE
    try:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise OSError(0, f"a monitor holds its lock for {_PATIENCE:.0f} s") from None
                time.sleep(_LOOK_SECONDS)
        yield
    finally:
        os.close(handle)


def _put_file(path: str, data: bytes) -> None:
    if disk.read_bytes(path) != data:
        os.replace(disk.write_temp(path, data), path)
