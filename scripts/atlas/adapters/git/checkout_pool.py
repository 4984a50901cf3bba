"""Proof checkouts: fresh clones of a commit outside of the repository, in slots that are used again and again.

A slot is a folder `<pool>/<number>` with a lock beside it. In it lie the work tree, named like the repository, and what
is known of it. A slot that was used before is made as good as new: its git folder is made anew, every file is compared
with its blob, and all that is not in the commit goes. Where that could miss something, everything is made anew.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from atlas.adapters.system import disk, file_lock
from atlas.core.errors import AtlasError

from . import clone, git
from .checkout_sweep import Content, read_content, remove_tree, sweep
from .clone import Source
from .submodules import fill_submodules

_MOST_SLOTS = 64
_CONVERTING = re.compile(r"\b(filter|ident|working-tree-encoding|crlf)\b")
"""Attributes with which a file on disk may differ from its blob: then equal bytes prove nothing."""
_CONVERTING_CONFIG = re.compile(
    r"^core\.(autocrlf=(true|1|yes|on)|eol=crlf|attributesfile=)", re.MULTILINE | re.IGNORECASE
)
"""Settings of which that is true; of attributes of the person's own it is not looked up."""


class Checkout:
    """A proof checkout that this process holds.

    `folder` is the work tree, `slot` the folder around it, private to whoever holds it; processes started in it are
    recognised by `mark`. `set_aside` are folders in which something could not be removed, so that they were left.
    """

    def __init__(self, source: Source, commit: str, slot: str, workspace: str | None) -> None:
        self._source, self._commit, self._workspace = source, commit, workspace
        self.slot, self.mark = slot, slot
        self.folder = os.path.join(slot, os.path.basename(source.root) or "project")
        self.set_aside: list[str] = []

    def renew(self) -> None:
        """Make everything as in the commit again. Raises AtlasError, and OSError when something cannot be removed."""
        content = read_content(self._source.root, self._commit)
        signature = self._signature(content)
        known = self._known()
        disk.make_private_folder(self.slot)
        self._forget()
        is_warm = known == signature and not content.modules()
        if is_warm:
            self._renew_warm(content)
        else:
            self._make_cold(content)
        shutil.copyfile(os.path.join(self.folder, ".git", "index"), self._index)
        if is_warm or not self._converts():
            with open(self._state, "w", encoding="utf-8") as file:
                json.dump({"made_with": signature}, file)

    def changes(self) -> list[str]:
        """The tracked paths that differ from the commit; `HEAD` alone when that moved."""
        return clone.tracked_changes(self.folder, self._commit, self._index)

    @property
    def _index(self) -> str:
        return os.path.join(self.slot, "index")

    @property
    def _state(self) -> str:
        return os.path.join(self.slot, "state.json")

    def _known(self) -> str | None:
        try:
            return str(json.loads(disk.read_bytes(self._state) or b"{}").get("made_with"))
        except (ValueError, AttributeError):
            return None

    def _forget(self) -> None:
        """Until it is made, nobody may take the slot for a good one."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._state)

    def _signature(self, content: Content) -> str:
        about = [self._source.common, self._source.persons_config, *content.marked()]
        return hashlib.sha256("\0".join(about).encode("utf-8", "surrogateescape")).hexdigest()

    def _renew_warm(self, content: Content) -> None:
        remove_tree(os.path.join(self.folder, ".git"))
        clone.make_git_folder(self._source, self.folder, self._commit)
        with ThreadPoolExecutor(1) as beside:
            # Both may look at a file at once: what is swept away after it was compared is missing, and written.
            swept = beside.submit(sweep, self.folder, content)
            clone.compare_raw(self.folder)
            swept.result()
        clone.check_out(self.folder)

    def _make_cold(self, content: Content) -> None:
        remove_tree(self.folder)
        os.mkdir(self.folder)
        clone.make_git_folder(self._source, self.folder, self._commit)
        clone.read_index(self.folder)
        own = self._source.own_filters
        if own:
            for name in sorted(own & clone.used_filters(self.folder)):
                raise AtlasError(
                    f"the filter {name} of .gitattributes is configured in {self._source.common} only, so that others "
                    f"do not have it: configure it for yourself, e.g. git config --global filter.{name}.clean COMMAND"
                )
        clone.check_out(self.folder)
        if content.modules():
            fill_submodules(self._source, self.folder, self._commit, content.modules(), self._workspace)

    def _converts(self) -> bool:
        """Whether files on disk may differ from their blobs, by attributes or by what the person has configured."""
        if _CONVERTING_CONFIG.search(self._source.persons_config):
            return True
        words = ("ls-files", "-z", "--", ":(top,glob)**/.gitattributes")
        found = [path for path in git.run_git(self.folder, *words).split("\0") if path]
        return any(_CONVERTING.search(_read_text(os.path.join(self.folder, path))) for path in found)


def _read_text(path: str) -> str:
    return (disk.read_bytes(path) or b"").decode(errors="replace")


def pool_folder(common: str, root: str) -> str:
    """Where the proof checkouts of a repository lie: in the person's cache, never within the repository itself.

    Raises AtlasError when the person has no home directory.
    """
    name = f"{os.path.basename(root) or 'project'}-{hashlib.sha256(os.fsencode(common)).hexdigest()[:8]}"
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):
        base = os.path.expanduser("~/.cache")
    if not os.path.isabs(base):
        raise AtlasError("there is no home directory to keep clones for proofs in: set HOME or XDG_CACHE_HOME")
    base = os.path.realpath(base)
    real_root = os.path.realpath(root)
    if os.path.commonpath([base, real_root]) == real_root:
        base = os.path.join(os.path.realpath(tempfile.gettempdir()), f"atlas-{os.getuid()}")
    return os.path.join(base, "atlas", "proofs", name)


@contextmanager
def hold_checkout(
    root: str,
    commit: str,
    pool: str,
    workspace: str | None = None,
    on_claim: Callable[[str], None] = lambda mark: None,
) -> Iterator[Checkout]:
    """Hold a fresh clone of a commit of the repository at `root`, which may be on no branch, in a slot of a pool.

    `workspace` is the worktree whose submodules may have commits that the repository lacks. `on_claim` is called with
    the mark of a slot when it is locked and not yet touched. Raises AtlasError when there can be no clone.
    """
    source = Source(root)
    disk.make_private_folder(pool)
    aside: list[str] = []
    for number in range(1, _MOST_SLOTS + 1):
        slot = os.path.join(pool, str(number))
        with contextlib.ExitStack() as held:
            try:
                held.enter_context(file_lock.hold_lock(f"{slot}.lock", "a clone"))
            except AtlasError:
                continue
            ref = f"refs/atlas/proofs/{hashlib.sha256(os.fsencode(slot)).hexdigest()[:12]}"
            git.run_git(root, "update-ref", ref, commit)
            held.callback(git.run_git, root, "update-ref", "-d", ref, codes=range(256))
            checkout = Checkout(source, commit, slot, workspace)
            on_claim(checkout.mark)
            try:
                checkout.renew()
            except OSError as error:
                aside.append(_set_aside(slot, error))
                continue
            checkout.set_aside = aside
            yield checkout
            return
    more = f"; set aside: {', '.join(aside)}" if aside else ""
    raise AtlasError(f"no clone for a proof can be made in {pool}: all of {_MOST_SLOTS} are in use{more}")


def _set_aside(slot: str, error: OSError) -> str:
    """Move a slot away in which something cannot be removed, and return where it lies then."""
    if error.errno == errno.ENOSPC:  # no other slot helps
        raise AtlasError(f"{error.filename}: {error.strerror}") from error
    place = f"{slot}.aside-{int(time.time())}"
    try:
        os.rename(slot, place)
    except OSError:
        return slot
    return place
