"""Receipts: evidence that travels with the code, in the merge commits of modules, and as in-toto statements."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from atlas.adapters.git import commits, refs
from atlas.adapters.system import disk, exclude
from atlas.core import text
from atlas.core.errors import AtlasError
from atlas.core.records.kinds import MODULE, WORKFLOW
from atlas.core.rules import receipts
from atlas.services.integration.branch import DEFAULT_BRANCH

if TYPE_CHECKING:
    from atlas.adapters.git.commits import Commit
    from atlas.core.records.rows import EvidenceContents
    from atlas.core.results.proof import ExportedReceipt, ReceiptFault, ReceiptsResult
    from atlas.core.rules.receipts import Receipt
    from atlas.services.project.context import Context

    from .work import Work

FOLDER = os.path.join(".claude", "receipts")
_CLAIM = "Atlas-"
_LARGEST = 10_000_000
"""Bytes of a file that are read: no statement is that long."""


def merge_message(work: Work, evidence: EvidenceContents) -> str:
    """The message of the commit that lands a module: a title, and trailers that say what was proven."""
    title = f"Merge {work.module['id']}: {text.one_line(work.module['name'], 60)}"
    receipt = receipts.receipt_of_evidence(work.module["id"], work.assignment["task_uuid"], evidence)
    return "\n".join([title, "", *receipts.make_trailers(receipt), ""])


def export_receipts(context: Context, modules: Sequence[str], folder: str | None, start: str | None) -> ReceiptsResult:
    """Write the statement of every module that landed, or of those named, into a folder, a file each.

    `folder` is None for the one in the project; `start` is whose history is read, None: that of the integration branch
    and of HEAD. Raises AtlasError when there is no receipt, or a file of that name is something else.
    """
    held, faults = _newest_receipts(context, start)
    missing = [module for module in modules if module not in held]
    if missing or not held:
        broken = f", and commit {faults[0]['commit']} does not hold: {faults[0]['fault']}" if faults else ""
        whose = missing[0] if missing else "any module"
        raise AtlasError(f"there is no receipt of {whose}{broken}: nothing was written")
    place = folder if folder is not None else _own_folder(context)
    wanted = {module: (os.path.join(place, f"{module}.intoto.json"), *held[module]) for module in modules or held}
    for module, (path, *_) in wanted.items():
        _require_own_file(path, module)
    if folder is None:
        exclude.exclude_path(context.project.common, f"{FOLDER}/")  # without a state nothing else has done so
    disk.make_private_folder(place)
    files: list[ExportedReceipt] = []
    for module, (path, commit, receipt) in wanted.items():
        os.replace(disk.write_temp(path, receipts.statement_bytes(receipt)), path)
        files.append({"module": module, "commit": commit.name, "file": path})
    without = [] if modules or start is not None else _landed_without(context, held)
    return {"checked": len(held), "files": files, "without": without, "faults": faults}


def _newest_receipts(
    context: Context, start: str | None
) -> tuple[dict[str, tuple[Commit, Receipt]], list[ReceiptFault]]:
    """The newest receipt of each module that has one which holds, with its commit, and what does not hold."""
    held: dict[str, tuple[Commit, Receipt]] = {}
    faults: list[ReceiptFault] = []
    for commit, receipt, fault in _read_history(context, start):
        if receipt is None:
            faults.append({"commit": commit.name, "file": None, "fault": fault or ""})
        else:
            held.setdefault(receipt.module, (commit, receipt))
    return held, faults


def _own_folder(context: Context) -> str:
    """The project's own folder for receipts. Raises AtlasError when it leads elsewhere."""
    folder = os.path.join(context.project.root, FOLDER)
    if os.path.realpath(folder) != folder:
        raise AtlasError(f"{folder} is a link: make it a folder of the project, or choose another with --to")
    return folder


def _require_own_file(path: str, module: str) -> None:
    """Raise AtlasError when something else than a statement about the module lies there."""
    if not os.path.lexists(path):
        return
    if not stat.S_ISREG(os.lstat(path).st_mode) or not receipts.is_statement_of(disk.read_bytes(path) or b"", module):
        raise AtlasError(f"{path} is no receipt of {module}: move it away, or choose another folder with --to")


def _landed_without(context: Context, held: Collection[str]) -> list[str]:
    """The modules that are complete, as far as there is a state here, and have no receipt."""
    if not context.store.exists():
        return []
    complete = context.look(lambda tx: [one["id"] for one in tx.where(MODULE, status="complete")])
    return [module for module in complete if module not in held]


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
    return {"checked": len(attested), "files": [], "without": [], "faults": faults}


def _read_history(context: Context, start: str | None) -> Iterator[tuple[Commit, Receipt | None, str | None]]:
    """Every commit that claims to be a module's, newest first, with its receipt, or what is wrong with that."""
    root, starts = context.project.root, _starts(context, start)
    for commit in commits.commits_with(root, starts, _CLAIM) if starts else ():
        receipt, fault = receipts.read_receipt(commit.message, commit.tree)
        if receipt is not None and (commit.parents[-1:] != [receipt.commit] or len(commit.parents) > 2):
            fault = f"it is no merge of {receipt.commit[:12]}, which it says it is"
            receipt = None
        if receipt is not None or fault is not None:
            yield commit, receipt, fault


def _starts(context: Context, start: str | None) -> list[str]:
    """Where the history is read from: what was asked for, or the integration branch, here or of a remote, and HEAD."""
    root = context.project.root
    if start is not None:
        found = None if start[:1] in ("-", "^") else _find_start(root, start)
        if found is None:
            raise AtlasError(f"there is no commit {start[:80]!r}: name a branch or a commit with --branch")
        return [found]
    workflow = context.look(lambda tx: tx.only(WORKFLOW)) if context.store.exists() else None
    branch = (workflow["integration_branch"] if workflow else None) or DEFAULT_BRANCH
    names = (f"refs/heads/{branch}", f"refs/remotes/origin/{branch}", "HEAD")
    return list(dict.fromkeys(commit for name in names if (commit := refs.find_commit(root, name))))


def _find_start(root: str, start: str) -> str | None:
    # A tag may have the name of a branch, and git would take the tag.
    return refs.find_commit(root, f"refs/heads/{start}") or refs.find_commit(root, start)


def _read_statement(path: str) -> bytes:
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise AtlasError(f"{path} cannot be read: it is no file")
        with open(path, "rb") as file:
            return file.read(_LARGEST)
    except OSError as error:
        raise AtlasError(f"{path} cannot be read: {error.strerror}") from error
