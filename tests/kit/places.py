"""What tests look at in a workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support import git

from .project import Project


def folder(project: Project, name: str) -> Path:
    """Where a workspace really lies."""
    return project.folder / ".claude" / "worktrees" / name


def record(project: Project, name: str) -> Any:
    return project.records("workspaces")[name]


def work(project: Project, name: str, file: str | None = None, text: str = "done\n") -> str:
    """Commit a file in a workspace, as its agent would; returns the commit."""
    place = folder(project, name)
    (place / (file or f"{name}.txt")).write_text(text, "utf-8")
    git(place, "add", "--all")
    git(place, "commit", "--quiet", f"--message=Work on {name}")
    return git(place, "rev-parse", "HEAD")


def handed_in(project: Project) -> None:
    """`implementer-1` has done `auth`: it is committed, and reported done."""
    project.does("assign", "auth", "implementer-1")
    work(project, "auth")
    project.hand_in("auth")


def branches(project: Project) -> set[str]:
    return set(git(project.folder, "for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads").split())


def registered(project: Project) -> set[str]:
    """The names of the worktrees that git knows, beside the main one."""
    lines = git(project.folder, "worktree", "list", "--porcelain").splitlines()
    return {Path(line[9:]).name for line in lines if line.startswith("worktree ")} - {project.folder.name}


def status(place: Path) -> str:
    return git(place, "status", "--porcelain", "--untracked-files=all")


def no_trace(project: Project, name: str) -> None:
    """Nothing is left of a workspace but its record."""
    assert not folder(project, name).exists()
    assert not (project.folder / ".claude" / "workspaces" / name).is_symlink()
    assert f"atlas/{name}" not in branches(project)
    assert name not in registered(project)
