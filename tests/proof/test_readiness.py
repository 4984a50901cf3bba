"""Every way in which what lies in a workspace is not what is committed there, refused by name; and what must pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit.kept import Kept
from tests.kit.places import folder, work
from tests.kit.project import Project
from tests.support import PACE, git, make_repository, run

SKELETON = ("src/api.py", "src/new.py")
ODD = 'a "b"\nc\udcff.txt'

UNDER_WAY = {
    "a rebase": "git rebase side || true",
    "a merge": "git merge side || true",
    "a merge ": "git merge --no-commit --no-ff --strategy=ours side",
    "git am": "git format-patch --stdout -2 side | git am || true",
    "a cherry-pick": "git cherry-pick side~1 side || true",
    "a series of cherry-picks or reverts": "git cherry-pick side~1 side || true; git commit -am Picked",
    "a revert": "echo more >> auth.txt; git commit --all --message=More; git revert HEAD~1 || true",
    "a bisection": "git bisect start; git bisect bad; git bisect good HEAD~1",
    " a merge": "cd lib; git checkout -b a; git commit --allow-empty --message=A; git checkout -b b HEAD~1; "
    "git commit --allow-empty --message=B; git merge --no-commit --no-ff a",
}
LEFT_BEHIND = [
    ("atlas/auth", "git checkout --detach HEAD~1"),
    ("atlas/auth", "git checkout -b mine HEAD~1; git commit --allow-empty --message=Mine"),
    ("mine", "git checkout -b mine; git commit --allow-empty --message=Mine; git checkout --detach HEAD~1"),
    ("mine", "git checkout -b mine; git commit --allow-empty --message=Mine; git checkout --detach HEAD~1; "
     "git checkout --detach HEAD~0"),
]  # fmt: skip
OVERLOOKED = [
    ("README.md", "git update-index --assume-unchanged README.md; echo x >> README.md"),
    ("README.md", "git update-index --skip-worktree README.md; echo x >> README.md"),
    ("README.md", "git update-index --assume-unchanged README.md; git update-index --skip-worktree README.md; "
     "echo x >> README.md"),
    ("README.md", "git update-index --assume-unchanged README.md; chmod +x README.md"),
    ("README.md", "git update-index --assume-unchanged README.md; rm README.md"),
    ("README.md", "git update-index --skip-worktree README.md; rm README.md; ln -s auth.txt README.md"),
    ("README.md", "git config core.ignoreStat true; git update-index --assume-unchanged README.md; echo x > README.md"),
    ("README.md", "cd lib; git update-index --assume-unchanged README.md; echo x >> README.md"),
    ("lib", "git update-index --assume-unchanged lib; git -C lib commit --allow-empty --message=Mine"),
    ('a "b" c .txt', 'git update-index --skip-worktree -- a*; for f in a*c*; do echo x > "$f"; done'),
    ("src/api.py", "echo mine > src/api.py"),
    ("src/new.py", "echo mine > src/new.py"),
]  # fmt: skip
LIAR = "git config core.fsmonitor \"printf 'x\\0'; true\"; git config core.fsmonitorHookVersion 2"
"""A monitor of the file system that says that nothing ever changes."""
UNCOMMITTED = [
    ("README.md", "echo x >> README.md"),
    ("README.md", "echo x >> README.md; git add README.md"),
    ("README.md", "echo x >> README.md; git add README.md; git show HEAD:README.md > README.md"),
    ("README.md", "rm README.md"),
    ("README.md", "git rm --cached README.md"),
    ("README.md", "chmod +x README.md"),
    ("new.txt", "echo x > new.txt; git add --intent-to-add new.txt"),
    ("README.md, moved.md", "git mv README.md moved.md"),
    ("auth.txt", "echo x > auth.txt; git stash; echo y > auth.txt; git commit -am Y; git stash pop || true"),
    ("lib", "git -C lib commit --allow-empty --message=Mine"),
    ("README.md", "echo x >> lib/README.md"),
    ("new.txt", "echo x >> lib/new.txt; git -C lib add new.txt"),
    ("lib", "for name in diff.ignoreSubmodules submodule.lib.ignore; do git config $name all; done; "
     "git -C lib commit --allow-empty --message=Mine"),
    ("lib", "git config --file .gitmodules submodule.lib.ignore all; git add .gitmodules; git commit --message=Ignore; "
     "git -C lib commit --allow-empty --message=Mine"),
    ('a "b" c .txt', 'for f in a*c*; do echo x > "$f"; done'),
    ("auth.txt", "git config core.checkStat minimal; git config core.trustctime false; "
     "touch -d 2020-01-01 auth.txt; git update-index --refresh; echo evil > x; touch -d 2020-01-01 x; mv x auth.txt"),
    ("README.md", f"{LIAR}; git update-index --fsmonitor; git status; git status; "
     "echo x >> README.md"),
    ("README.md", "git config status.showUntrackedFiles no; git config status.renames true; "
     "git config core.quotePath false; git config log.showSignature true; git config diff.external false; "
     "echo x >> README.md"),
]  # fmt: skip
ONLY_HERE = [
    ("lib (", "git -C lib commit --allow-empty --message=Mine; git add lib; git commit --message=Lib"),
    ("own (", "git init own; git -C own commit --allow-empty --message=Own; git add own; git commit --message=Own"),
]
REFUSED = [
    *((f"{what.strip()} is under way in", script) for what, script in list(UNDER_WAY.items())[::PACE]),
    *((f", which lacks commits of {name}: ", script) for name, script in LEFT_BEHIND[::PACE]),
    *((f" has work that git is told to overlook ({name})", script) for name, script in OVERLOOKED[::PACE]),
    *((f" has uncommitted changes ({name})", script) for name, script in UNCOMMITTED[::PACE]),
    *((f"commits of submodules exist in PLACE only ({name}", script) for name, script in ONLY_HERE[::PACE]),
    ("cannot be read", "echo 1111111111111111111111111111111111111111 > ../../../.git/refs/heads/atlas/auth"),
]
PASSES = [
    "git checkout -b mine; git commit --allow-empty --message=Mine",
    "git checkout -b mine; git commit --allow-empty --message=Mine; git checkout --detach",
    "git branch --move atlas/auth mine",
    "echo note > notes.txt; mkdir __pycache__; touch __pycache__/x; echo note > lib/notes.txt; "
    "git config status.showUntrackedFiles no",
    "git checkout --detach",
    "git update-index --no-skip-worktree src/api.py; echo mine > src/api.py; echo mine > src/new.py; "
    "git add --force src; git commit --message=Mine",
    "git -C lib commit --allow-empty --message=Mine; git -C lib push origin HEAD:refs/heads/mine; git add lib; "
    "git commit --message=Lib",
    "git update-index --assume-unchanged README.md auth.txt lib; touch README.md",
    "git sparse-checkout set --no-cone '/*' '!/README.md'; test ! -e README.md",
]


@pytest.fixture(scope="session")
def _with_work(_begun_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    library = make_repository(tmp_path_factory.mktemp("library") / "lib")

    def make(root: Path) -> None:
        shop, allowed = Project(root), ("-c", "protocol.file.allow=always")
        git(root, *allowed, "submodule", "--quiet", "add", str(library), "lib")
        (root / ODD).write_text("odd\n")
        git(root, "add", "--all")
        git(root, "commit", "--quiet", "--message=Library")
        git(root, "branch", "--force", "atlas/integration")
        for path in SKELETON:
            (root / path).write_text("given\n")
        shop.does("assign", "auth", "implementer-1", *(word for path in SKELETON for word in ("--skeleton", path)))
        # What was brought to the workspace goes on in the project.
        (root / SKELETON[0]).write_text("later\n")
        (root / SKELETON[1]).unlink()
        place = folder(shop, "auth")
        git(place, *allowed, "submodule", "--quiet", "update", "--init")
        git(place, "checkout", "--quiet", "-b", "side")
        work(shop, "auth", text="other\n")
        work(shop, "auth", "other.txt")
        git(place, "checkout", "--quiet", "atlas/auth")
        work(shop, "auth")
        shop.hand_in("auth")

    return Kept(tmp_path_factory.mktemp("with-work"), make, _begun_shop)


@pytest.fixture
def ready(_with_work: Kept) -> Project:
    """`auth` is done and reported in a workspace with a submodule `lib`, two skeleton files and a branch `side`."""
    return Project(_with_work.put_back())


def change(project: Project, script: str) -> Path:
    """Let the agent do something in its workspace; returns that."""
    place = folder(project, "auth")
    done = run("sh", "-ec", script, cwd=place)
    assert done.returncode == 0, done
    return place


@pytest.mark.parametrize(("words", "script"), REFUSED)
def test_what_is_not_committed_as_it_lies_there_is_refused_by_name(words: str, script: str, ready: Project) -> None:
    place = change(ready, script)
    line = ready.refuses("complete", "auth")
    assert words.replace("PLACE", str(place)) in line
    assert str(place) in line


@pytest.mark.parametrize("script", PASSES[::PACE])
def test_what_is_all_committed_is_complete_whatever_lies_beside_it(script: str, ready: Project) -> None:
    place = change(ready, script)
    commit = git(place, "rev-parse", "HEAD")
    result = ready.does("complete", "auth")
    assert (result["complete"], result["evidence"]["commit"]) == (True, commit)
    assert ("notes.txt" in result["untracked"]) == (place / "notes.txt").exists()
    assert place.is_dir()
