"""Proof checkouts: clones, each in a slot of a pool, held by one process at a time.

A slot that was used before is used again, because most of its files are what the next commit holds; `clone` sees to it
that nothing else of it is left. So a slot needs no record of what is in it, and one whose holder was killed at any
moment is as good as any other.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from atlas.adapters.system import file_lock, marked, scratch
from atlas.adapters.system.disk import make_private_folder
from atlas.core.errors import AtlasError
from atlas.core.paths import contains_path

from . import git, scrub
from .clone import Clone
from .source import Source
from .submodules import Places
from .worktree import UNHOOKED, git_folder

_MOST_SLOTS = 99
_ASIDE = "-aside-"


class Checkout:
    """A proof checkout that this process holds.

    `folder` is its work tree, `slot` the folder around it, which the holder may use, too; `mark` is a text by which
    processes are recognised that were started in it. `set_aside` has a line for each slot that could not be emptied.
    `commit` is that of the repository with the main worktree `root` and the common folder `common`.
    """

    def __init__(
        self, slot: str, order: _Order, folder: str, clone: Clone, fill: Callable[[], None], set_aside: Sequence[str]
    ) -> None:
        self.root, self.common, self.commit = order.root, order.common, order.commit
        self.folder, self.slot, self.mark = folder, slot, slot
        self.set_aside = set_aside
        self._clone, self._fill = clone, fill

    def renew(self) -> None:
        """Make everything as in the commit again. Raises AtlasError when something in the way cannot be removed."""
        mount = scratch.mount_below(self.slot)
        try:
            if mount:
                raise OSError(0, "is a file system that is mounted there", mount)
            self._fill()
        except OSError as error:
            raise AtlasError(_told(error)) from error

    def changes(self) -> list[str]:
        """The tracked paths that differ from the commit, "HEAD" first when HEAD moved."""
        return self._clone.changes()

    def made(self) -> list[str]:
        """The paths that the commit does not have; a folder of which it has nothing is one path."""
        return self._clone.untracked()


def pool_folder(common: str, root: str) -> str:
    """The folder for the clones of the repository with the common folder `common` and the main worktree `root`.

    It is in the user's cache, or in the system's temporary folder if that lies in the repository. Raises AtlasError
    when there is no fit place.
    """
    name = f"{os.path.basename(root) or 'root'}-{zlib.crc32(os.fsencode(os.path.realpath(common))):08x}"
    cache = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(cache):
        cache = os.path.expanduser("~/.cache")
    if not os.path.isabs(cache):
        raise AtlasError("there is no home directory to keep clones in: set HOME or XDG_CACHE_HOME")
    if _lies_in(root, cache):
        cache = _private_temporary()
    if _lies_in(root, cache):
        raise AtlasError(f"{cache} is in the repository: set XDG_CACHE_HOME to a folder outside of it for clones")
    return os.path.join(cache, "atlas", "proofs", name)


def _lies_in(root: str, path: str) -> bool:
    return contains_path(os.path.realpath(root), os.path.realpath(path))


def _private_temporary() -> str:
    """A folder of the user's own in the system's temporary one, where others may have made one of that name."""
    path = os.path.join(tempfile.gettempdir(), f"atlas-{os.geteuid()}")
    with contextlib.suppress(FileExistsError):
        os.mkdir(path, 0o700)
    about = os.lstat(path)
    if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.geteuid() or about.st_mode & 0o077:
        raise AtlasError(f"{path} is not a private folder of yours: remove it, or set XDG_CACHE_HOME")
    return path


def _claim_nothing(mark: str) -> None:
    """What is done for a claim when nothing is asked for."""


@contextmanager
def hold_checkout(
    root: str,
    commit: str,
    pool: str,
    workspace: str | None = None,
    on_claim: Callable[[str], None] = _claim_nothing,
) -> Iterator[Checkout]:
    """Hold a clone of the repository with the main worktree `root`, in which everything is as in the commit.

    `workspace` is the worktree that the commit comes from, for commits of its submodules. `on_claim` is called with the
    checkout's mark before anything in the slot is touched. Raises AtlasError.
    """
    make_private_folder(pool)
    common = git.run_git(root, "rev-parse", "--path-format=absolute", "--git-common-dir")
    order = _Order(root, common, commit, workspace)
    aside: list[str] = []
    for number in range(1, _MOST_SLOTS + 1):
        slot = os.path.join(pool, str(number))
        with contextlib.ExitStack() as held:
            try:
                held.enter_context(file_lock.hold_lock(f"{slot}.lock", "this clone"))
            except AtlasError:
                continue
            on_claim(slot)
            held.enter_context(_hold_commit(order, slot))
            checkout = _ready_checkout(order, slot, aside)
            if checkout is not None:
                yield checkout
                return
    raise AtlasError(f"no clone can be made in {pool}: {'; '.join(aside) or 'all are in use'}")


class _Order(NamedTuple):
    """What is asked for: `common` is the common folder of the repository with the main worktree `root`."""

    root: str
    common: str
    commit: str
    workspace: str | None


@contextmanager
def _hold_commit(order: _Order, slot: str) -> Iterator[None]:
    """Keep the commit from being pruned. What a killed holder has left, its ref and git's lock of it, is taken over."""
    # Pools in several caches may serve one repository.
    name = f"refs/atlas/proofs/{os.path.basename(slot)}-{zlib.crc32(os.fsencode(slot)):08x}"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(os.path.join(order.common, f"{name}.lock"))
    git.run_git(order.root, *UNHOOKED, "update-ref", name, order.commit)
    try:
        yield
    finally:
        # If that fails, the slot's next holder overwrites it.
        with contextlib.suppress(AtlasError):
            git.run_git(order.root, *UNHOOKED, "update-ref", "-d", name)


def _ready_checkout(order: _Order, slot: str, aside: list[str]) -> Checkout | None:
    """The slot's checkout; None when the slot cannot be used. What cannot be removed gets a line in `aside`."""
    for _ in range(2):
        fault = _clear_slot(slot)
        if fault is None:
            checkout = _make_checkout(order, slot, aside)
            try:
                checkout.renew()
                return checkout
            except AtlasError:
                fault = _clear_slot(slot, checkout.folder)
            if fault is None:
                checkout.renew()
                return checkout
        lies = _set_aside(slot)
        aside.append(f"{fault}: it lies in {lies or slot}")
        if lies is None:
            return None
    return None


def _clear_slot(slot: str, folder: str | None = None) -> str | None:
    """See that the slot is a folder of ours, without the work tree `folder` if that is given.

    Returns what is in the way.
    """
    try:
        mount = scratch.mount_below(slot)
        if mount:
            return f"{mount} is mounted there"
        if not scratch.is_own_folder(slot):
            scratch.remove(slot)
        os.makedirs(slot, mode=0o700, exist_ok=True)
        os.chmod(slot, 0o700)
        if folder is not None:
            scratch.remove(folder)
    except OSError as error:
        return _told(error)
    return None


def _make_checkout(order: _Order, slot: str, aside: list[str]) -> Checkout:
    folder = os.path.join(slot, os.path.basename(order.root) or "root")
    places = Places(order.common, git_folder(order.workspace) if order.workspace else None, order.root)
    clone = Clone(folder, os.path.join(folder, ".git"), os.path.join(slot, "look.git"), places, {marked.MARK: slot})

    def fill() -> None:
        clone.fill(Source(order.common, order.root), order.commit, scrub.probe_modes(slot), order.workspace)

    return Checkout(slot, order, folder, clone, fill, aside)


def _set_aside(slot: str) -> str | None:
    """Move a slot out of the way. Returns where it lies then, None when it cannot be moved."""
    number = 1
    while os.path.lexists(aside := f"{slot}{_ASIDE}{number}"):
        number += 1
    try:
        os.rename(slot, aside)
    except OSError:
        return None
    return aside


def slots_set_aside(pool: str) -> list[str]:
    """Where slots lie in which something could not be removed."""
    names = os.listdir(pool) if os.path.isdir(pool) else []
    return [os.path.join(pool, name) for name in sorted(names) if _ASIDE in name]


def _told(error: OSError) -> str:
    return f"{error.filename} {error.strerror}" if error.filename else str(error)
