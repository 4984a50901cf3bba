"""Stub."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from . import git


class Checkout:
    """Stub."""

    def __init__(self, root: str, commit: str, pool: str) -> None:
        self.root, self.commit = root, commit
        self.slot = os.path.join(pool, "1")
        self.folder = os.path.join(self.slot, os.path.basename(root))
        self.mark = self.slot
        self.set_aside: list[str] = []

    def renew(self) -> None:
        """Stub."""
        shutil.rmtree(self.slot, ignore_errors=True)
        os.makedirs(self.folder)
        git.run_git(self.folder, "init", "-q", "--template=")
        with open(os.path.join(self.folder, ".git/objects/info/alternates"), "w") as f:
            f.write(git.run_git(self.root, "rev-parse", "--path-format=absolute", "--git-common-dir") + "/objects\n")
        git.run_git(self.folder, "checkout", "-q", "--detach", self.commit)

    def changes(self) -> list[str]:
        """Stub."""
        head = [] if git.run_git(self.folder, "rev-parse", "HEAD") == self.commit else ["HEAD"]
        return head + [p for p in git.run_git(self.folder, "diff", "--name-only", "HEAD").splitlines()]


def pool_folder(common: str, root: str) -> str:
    """Stub."""
    return os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "atlas", "proofs", os.path.basename(root)
    )


@contextmanager
def hold_checkout(
    root: str, commit: str, pool: str, workspace: str | None = None, on_claim: Callable[[str], None] = lambda mark: None
) -> Iterator[Checkout]:
    """Stub."""
    one = Checkout(root, commit, pool)
    on_claim(one.mark)
    one.renew()
    yield one
