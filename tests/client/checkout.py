"""What a person gets: the checkout's own files, without what git ignores."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.support import ROOT, git

REPOSITORY = "atlas.git"


def copy_checkout(target: Path) -> Path:
    """Copy the files that are tracked, or would be, to a new folder."""
    for name in git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0"):
        if name and (ROOT / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name, follow_symlinks=False)
    return target


def publish(plugin: Path, folder: Path) -> None:
    """Commit a copy of the plugin and put it into `folder` as a bare repository, as a git server has it."""
    work = shutil.copytree(plugin, folder / "work", symlinks=True)
    git(work, "init", "--quiet", "--initial-branch=main")
    git(work, "add", "--all")
    git(work, "commit", "--quiet", "--message=Publish")
    git(folder, "clone", "--quiet", "--bare", "work", REPOSITORY)
