"""Receipts: evidence that travels with the code, in the merge commits of modules, and as in-toto statements."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from atlas.adapters.git import commits, refs
from atlas.adapters.system import disk
from atlas.core import text
from atlas.core.errors import AtlasError
from atlas.core.records.kinds import WORKFLOW
from atlas.core.rules import receipts
from atlas.services.integration.branch import DEFAULT_BRANCH

if TYPE_CHECKING:
    from atlas.adapters.git.commits import Commit
    from atlas.core.records.rows import EvidenceContents
    from atlas.core.results.proof import ExportedReceipt, ReceiptFault, ReceiptsResult
    from atlas.core.rules.receipts import Receipt
    from atlas.services.project.context import Context

    from .work import Work

_CLAIM = "Atlas-"
_LARGEST = 10_000_000  # bytes of a statement's file


def merge_message(work: Work, evidence: EvidenceContents) -> str:
    """The message of the commit that lands a module: a title, and trailers that say what was proven."""
    title = f"Merge {work.module['id']}: {text.one_line(work.module['name'], 60)}"
    receipt = receipts.receipt_of_evidence(work.module["id"], work.assignment["task_uuid"], evidence)
    return "\n".join([title, "", *receipts.make_trailers(receipt), ""])


def export_receipts(context: Context, modules: Sequence[str], folder: str, start: str | None) -> ReceiptsResult:
    """Write the statement of every module that landed, or of those named, into a folder, a file each.

    `start` is where the history is read from, None: the integration branch. Raises AtlasError when there is no receipt,
    or a file of that name is something else.
    """
    held: dict[str, tuple[Commit, Receipt]] = {}
    faults: list[ReceiptFault] = []
    for commit, receipt, fault in _read_history(context, start):
        if receipt is None:
            faults.append({"commit": commit.name, "file": None, "fault": fault or ""})
        else:
            held.setdefault(receipt.module, (commit, receipt))
    missing = [module for module in modules if module not in held]
    if missing or not held:
        raise AtlasError(f"there is no receipt of {missing[0] if missing else 'any module'}: nothing was written")
    wanted = {module: held[module] for module in (modules or held)}
    for module in wanted:
        _require_own_file(os.path.join(folder, f"{module}.intoto.json"))
    disk.make_private_folder(folder)
    files: list[ExportedReceipt] = []
    for module, (commit, receipt) in wanted.items():
        path = os.path.join(folder, f"{module}.intoto.json")
        os.replace(disk.write_temp(path, receipts.statement_bytes(receipt)), path)
        files.append({"module": module, "commit": commit.name, "file": path})
    return {"checked": len(held), "files": files, "faults": faults}


def _require_own_file(path: str) -> None:
    """Raise AtlasError when something else than a statement lies there."""
    data = disk.read_bytes(path)
    if (
        os.path.islink(path)
        or os.path.isdir(path)
        or (data is not None and receipts.STATEMENT_TYPE.encode() not in data)
    ):
        raise AtlasError(f"{path} is not a receipt: move it away, or choose another folder with --to")


def verify_receipts(context: Context, files: Sequence[str], start: str | None) -> ReceiptsResult:
    """Check the receipts in a history, and files against them. Nothing but the repository is read.

    Raises AtlasError when there is no receipt at all, or a file cannot be read.
    """
    statements = [(path, _read_statement(path)) for path in files]
    attested: dict[str, Commit] = {}
    faults: list[ReceiptFault] = []
    for commit, receipt, fault in _read_history(context, start):
        if receipt is not None and fault is None:
            attested[receipts.attestation_of(receipts.statement_bytes(receipt))] = commit
        else:
            faults.append({"commit": commit.name, "file": None, "fault": fault or ""})
    if not attested and not faults:
        raise AtlasError("there is no receipt in this history: name another branch with --branch")
    for path, data in statements:
        name = receipts.attestation_of(data)
        if name not in attested:
            faults.append({"commit": None, "file": path, "fault": f"no commit carries its hash {name}"})
    return {"checked": len(attested), "files": [], "faults": faults}


def _read_history(context: Context, start: str | None) -> Iterator[tuple[Commit, Receipt | None, str | None]]:
    """Every commit that claims to be a module's, newest first, with its receipt, or what is wrong with that."""
    root = context.project.root
    for commit in commits.commits_with(root, _starts(context, start), _CLAIM):
        receipt, fault = receipts.read_receipt(commit.message, commit.tree)
        if receipt is not None and receipt.commit not in commit.parents:
            fault = f"it is no merge of {receipt.commit[:12]}, which it says it is"
            receipt = None
        if receipt is not None or fault is not None:
            yield commit, receipt, fault


def _starts(context: Context, start: str | None) -> list[str]:
    """Where the history is read from: what was asked for, or the integration branch, here or of a remote, and HEAD."""
    root = context.project.root
    if start is not None:
        found = refs.find_commit(root, start) if not start.startswith("-") else None
        if found is None:
            raise AtlasError(f"there is no commit {start[:80]!r}: name a branch or a commit with --branch")
        return [found]
    workflow = context.look(lambda tx: tx.only(WORKFLOW)) if context.store.exists() else None
    branch = (workflow["integration_branch"] if workflow else None) or DEFAULT_BRANCH
    names = (f"refs/heads/{branch}", f"refs/remotes/origin/{branch}", "HEAD")
    return list(dict.fromkeys(commit for name in names if (commit := refs.find_commit(root, name))))


def _read_statement(path: str) -> bytes:
    try:
        if os.path.getsize(path) > _LARGEST:
            raise AtlasError(f"{path} is too large to be a receipt")
        with open(path, "rb") as file:
            data = file.read()
        found: Any = json.loads(data)
    except OSError as error:
        raise AtlasError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError:
        return data
    return data if isinstance(found, dict) else b""
