"""Modules at work whose checks read files, and everything that agents, persons and checks do around them.

The checks of a module NAME ask for `src/NAME.txt` with the word `done` in it; all have `tests/run.sh`, which fails when
a file in `src/uses` names what is not in `src/names`.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.kit.project import Project
from tests.support import git, make_repository, run

RUN = """\
for use in src/uses/*; do
    [ ! -f "$use" ] || [ -f "src/names/$(cat "$use")" ] || { echo "$use names what is gone"; exit 1; }
done
"""
CHECKS = {
    "alpha": ["grep -q done src/alpha.txt", "sh tests/run.sh"],
    "beta": ["sh tests/run.sh", "test -f src/beta.txt && grep -q done src/beta.txt"],
    "gamma": [
        "mkdir -p build && touch build/gamma.out",
        "test -f build/gamma.out && git ls-files --error-unmatch src/gamma.txt",
        "grep -q done src/gamma.txt",
    ],
    "delta": ["grep -q done src/delta.txt", "sh tests/run.sh"],
}
BY_A_PERSON = "delta"
"""The module that a person works on, in the project's own folder."""
INTEGRATION = "atlas/integration"


def make_scene(root: Path) -> None:
    """The modules of `CHECKS`, each with an agent that may work in its workspace, one with a person."""
    project = Project(make_repository(root))
    for name, text in {
        "src/alpha.txt": "to do\n",
        "src/names/one": "1\n",
        "src/uses/base": "one",
        "tests/run.sh": RUN,
        ".gitignore": "*.tmp\nbuild/\n",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        project.commit(name, text)
    project.does("plan", "Three things")
    for name, checks in CHECKS.items():
        words = [word for check in checks for word in ("--check", check)]
        project.does("requirement", "add", "--name", name, "--criteria", "It is done", *words)
    project.walk([["approve"], ["start"], ["settings", "checks.seconds", "20"]])
    project.walk([["register", "human", "alice"], ["assign", BY_A_PERSON, "alice"]])
    for number, name in enumerate([name for name in CHECKS if name != BY_A_PERSON], 1):
        project.does("register", "ai", name)
        project.does("assign", name, f"implementer-{number}")
        project.authorize(name)


def try_git(folder: Path, *arguments: str, **env: str) -> None:
    """Run git as somebody does who goes on when it fails."""
    subprocess.run(["git", *arguments], cwd=folder, env={**os.environ, **env}, capture_output=True, check=False)


def commit_all(place: Path, message: str) -> None:
    """Commit whatever there is, past every hook."""
    try_git(place, "add", "--all")
    try_git(place, "commit", "--quiet", "--no-verify", "--allow-empty", f"--message={message}")


class Desk:
    """What an agent does in the workspace of one module, or a person in the project's folder."""

    def __init__(self, root: Path, module: str) -> None:
        self.root, self.module = root, module
        is_persons = module == BY_A_PERSON
        self.place = root if is_persons else root / ".claude" / "worktrees" / module
        self.branch = "main" if is_persons else f"atlas/{module}"
        self.file = self.place / "src" / f"{module}.txt"

    def tidy(self) -> None:
        """Go back to the branch as it is, whatever is under way, and show what was hidden."""
        for verb in ("rebase", "merge"):
            try_git(self.place, verb, "--abort")
        try_git(self.place, "sparse-checkout", "disable")
        listed = run("git", "ls-files", cwd=self.place).stdout.splitlines()
        for bit in ("--no-assume-unchanged", "--no-skip-worktree"):
            try_git(self.place, "update-index", bit, *listed)
        try_git(self.place, "checkout", "--force", "--quiet", self.branch)
        try_git(self.place, "reset", "--hard", "--quiet")
        try_git(self.place, "clean", "-ffdxq", "--exclude=.claude")

    def finish(self, text: str = "done\n") -> None:
        """Write the module's file, and commit everything."""
        self.file.write_text(text, "utf-8")
        commit_all(self.place, f"{self.module}: {text.strip()}")

    def fake(self, text: str = "done\n") -> None:
        """Write the module's file, and commit nothing."""
        self.file.write_text(text, "utf-8")


# What is committed.


def _good(desk: Desk) -> None:
    desk.finish()


def _bad(desk: Desk) -> None:
    desk.finish("half\n")


def _nothing(desk: Desk) -> None:
    pass


def _renames(desk: Desk) -> None:
    """Give what others may use another name, wherever it is used as far as this branch knows."""
    for name in ("one", "two"):
        if (desk.place / "src" / "names" / name).exists():
            new = "two" if name == "one" else "three"
            try_git(desk.place, "mv", "--force", f"src/names/{name}", f"src/names/{new}")
            for use in (desk.place / "src" / "uses").glob("*"):
                use.write_text(new, "utf-8")
            break
    desk.finish()


def _uses(desk: Desk) -> None:
    (desk.place / "src" / "uses").mkdir(exist_ok=True)
    (desk.place / "src" / "uses" / desk.module).write_text("one", "utf-8")
    desk.finish()


def _spoils(desk: Desk) -> None:
    """Take up what landed, and break what others have there."""
    try_git(desk.place, "merge", "--quiet", INTEGRATION)
    for name in CHECKS:
        if name != desk.module:
            (desk.place / "src" / f"{name}.txt").write_text("spoiled\n", "utf-8")
    desk.finish()


def _with_run(script: str) -> Callable[[Desk], None]:
    def work(desk: Desk) -> None:
        (desk.place / "tests" / "run.sh").write_text(RUN + script, "utf-8")
        desk.finish()

    return work


def _makes_late(desk: Desk) -> None:
    """The check itself makes what the next one looks for."""
    (desk.place / "tests" / "run.sh").write_text(f"{RUN}echo done >src/{desk.module}.txt\n", "utf-8")
    commit_all(desk.place, "It is made by the checks")


WORKS: dict[str, Callable[[Desk], None]] = {
    "good": _good,
    "bad": _bad,
    "nothing": _nothing,
    "renames": _renames,
    "uses": _uses,
    "spoils": _spoils,
    "its check edits": _with_run("echo more >>README.md\n"),
    "its check commits": _with_run("git commit --quiet --allow-empty --message=mine\n"),
    "its check litters": _with_run("mkdir -p build/deep && touch build/deep/x stray.txt && chmod 0 stray.txt\n"),
    "its check makes it": _makes_late,
}


# What is there and not committed.


def _ignored(desk: Desk) -> None:
    desk.fake()
    (desk.root / ".git" / "info" / "exclude").write_text("src/*.txt\n", "utf-8")


def _assumed(desk: Desk) -> None:
    try_git(desk.place, "update-index", "--assume-unchanged", f"src/{desk.module}.txt")
    desk.fake()


def _skipped(desk: Desk) -> None:
    try_git(desk.place, "update-index", "--skip-worktree", f"src/{desk.module}.txt")
    desk.fake()


def _staged(desk: Desk) -> None:
    desk.fake()
    try_git(desk.place, "add", "--all")


def _older(desk: Desk) -> None:
    desk.finish("half\n")
    try_git(desk.place, "checkout", "--detach", "--quiet", "HEAD~1")


def _elsewhere(desk: Desk) -> None:
    try_git(desk.place, "checkout", "--detach", "--quiet")
    desk.finish()


def _rebasing(desk: Desk) -> None:
    desk.finish()
    try_git(desk.place, "rebase", "--interactive", "HEAD~1", GIT_SEQUENCE_EDITOR="sed -i -e '1i break'")


def _merging(desk: Desk) -> None:
    try_git(desk.place, "merge", "--no-commit", "--no-ff", "main")
    desk.fake()


def _hooked(desk: Desk) -> None:
    hooks = desk.root / ".git" / "our hooks"
    for folder in (hooks, desk.root / ".git" / "hooks"):
        folder.mkdir(exist_ok=True)
        for name in ("post-checkout", "post-index-change", "pre-commit", "reference-transaction"):
            (folder / name).write_text(f"#!/bin/sh\n[ ! -d src ] || echo done >src/{desk.module}.txt\n", "utf-8")
            (folder / name).chmod(0o755)
    git(desk.root, "config", "core.hooksPath", str(hooks))


def _filtered(desk: Desk) -> None:
    git(desk.root, "config", "filter.done.smudge", "cat; echo done")
    git(desk.root, "config", "filter.done.clean", "grep -v done")
    (desk.root / ".git" / "info" / "attributes").write_text("src/*.txt filter=done\n", "utf-8")


def _replaced(desk: Desk) -> None:
    """Whoever looks sees another commit in the place of the last one."""
    head = git(desk.place, "rev-parse", "HEAD")
    desk.finish()
    other = git(desk.place, "rev-parse", "HEAD")
    try_git(desk.place, "reset", "--hard", "--quiet", head)
    try_git(desk.place, "replace", "--force", head, other)


def _grafted(desk: Desk) -> None:
    head = git(desk.place, "rev-parse", "HEAD")
    (desk.root / ".git" / "info" / "grafts").write_text(f"{head}\n", "utf-8")


def _sparse(desk: Desk) -> None:
    try_git(desk.place, "sparse-checkout", "set", "--no-cone", "/*", "!/src/uses/")
    desk.fake()


def _in_the_main_folder(desk: Desk) -> None:
    (desk.root / ".git" / "info" / "exclude").write_text("src/*.txt\n.env\n", "utf-8")
    (desk.root / "src" / f"{desk.module}.txt").write_text("done\n", "utf-8")
    (desk.root / ".env").write_text("done\n", "utf-8")


def _ran_here(desk: Desk) -> None:
    for check in CHECKS[desk.module]:
        run("sh", "-c", check, cwd=desk.place)
    desk.fake()


TRICKS: dict[str, Callable[[Desk], None]] = {
    "none": _nothing,
    "ignored": _ignored,
    "assume-unchanged": _assumed,
    "skip-worktree": _skipped,
    "dirty": Desk.fake,
    "staged": _staged,
    "an older HEAD": _older,
    "a detached HEAD": _elsewhere,
    "a rebase under way": _rebasing,
    "a merge under way": _merging,
    "hooks": _hooked,
    "a filter": _filtered,
    "a replaced commit": _replaced,
    "a graft": _grafted,
    "a sparse pattern": _sparse,
    "in the main folder": _in_the_main_folder,
    "the checks ran here": _ran_here,
}
