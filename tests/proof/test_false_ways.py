"""What would make a check pass where an agent works and nowhere else is not there when ATLAS runs it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.kit.kept import Kept
from tests.kit.places import folder, work
from tests.kit.project import Project, the_line
from tests.kit.steps import run_in_steps
from tests.support import git, make_repository, run

from .vandal import VANDALISM, clones

ENVIRONMENT = ("CI_TOKEN", "deploy_key", "MY_SECRET_WORD", "DB_PASSWORD", "AWS_PROFILE", "CLAUDE_ANY", "ATLAS_ANY")
"""Variables that a check must not see."""

ABOVE = 'd=$PWD; until [ -e "$d/{}" ]; do [ "$d" = / ] && exit 1; d=$(dirname "$d"); done'
WAYS = {
    "an excluded file": "test -f excluded.txt",
    "a file that the commit itself ignores": "test -f ignored.tmp",
    "a file that an earlier run of the checks made": "test -f made/by-the-check",
    "a skeleton's copy": "test -f src/skeleton.py",
    "an empty folder": "test -d empty",
    "a file of the main folder": "test -f ../../../beside.txt",
    "a package above": ABOVE.format("node_modules"),
    "a test's settings above": ABOVE.format("conftest.py"),
    "a filter of the repository's attributes": "grep -q filtered README.md",
    "line ends of the repository's settings": "grep -q '^M' README.md",
    "a mode that the repository overlooks": "test -x tool.sh",
    "a replaced commit": "git cat-file -e HEAD:replaced.txt",
    "a graft": "git log --format=%s | grep -q '^Grafted$'",
    "a sparse pattern": "test ! -e left-out.txt",
    "a hook": "git -c advice.detachedHead=false checkout --quiet HEAD; test -f hooked.txt",
    "a setting of the repository": "git config our.setting",
    "a branch of the repository": "git rev-parse --verify --quiet refs/heads/main",
    "a remote of the repository": "git config remote.ours.url",
    "a file in the temporary folder": 'test -f "${TMPDIR:-/tmp}/atlas-test-needed"',
    **{f"the variable {name}": f'test -n "${name}"' for name in ENVIRONMENT},
}
"""Conditions that are all true in the workspace."""

LOOK = "".join(f'if ( {condition} ) >/dev/null 2>&1; then echo "{name}"; fi\n' for name, condition in WAYS.items())
CHECK = 'sh look.sh >found; cat found; mkdir -p made; touch made/by-the-check; echo "kept: $PYTHONPATH"; test -s found'
IGNORED = "*.tmp\nmade/\nfound\n"


def _make_scene(root: Path) -> None:
    project = Project(make_repository(root))
    for name, text in {"left-out.txt": "", "tool.sh": "", "two.sh": "exit 0\n", ".gitignore": IGNORED}.items():
        project.commit(name, text)
    (root / "src").mkdir()
    (root / "src" / "skeleton.py").write_text("1\n", "utf-8")
    project.does("plan", "Two things")
    for name, check in {"one": CHECK, "two": "sh two.sh"}.items():
        project.does("requirement", "add", "--name", name, "--criteria", "It is done", "--check", check)
    project.walk([["approve"], ["start"], ["register", "ai", "first"], ["register", "ai", "second"]])
    project.does("assign", "one", "implementer-1", "--skeleton", "src/skeleton.py")
    project.does("assign", "two", "implementer-2")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    return Kept(tmp_path_factory.mktemp("scene"), _make_scene)


@pytest.fixture
def project(scene: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Project(scene.put_back())


def evidence(project: Project, module: str) -> Any:
    return project.module(module)["evidence"][-1]


def _try_everything(project: Project, place: Path) -> None:
    """Make every condition true in the workspace `place`, with nothing that is refused."""
    root = project.folder
    (root / ".git" / "info").mkdir(exist_ok=True)
    with (root / ".git" / "info" / "exclude").open("a", encoding="utf-8") as file:
        file.write("excluded.txt\nhooked.txt\nbeside.txt\nconftest.py\nnode_modules\n")
    for path in (root / "beside.txt", root / "conftest.py", place / "excluded.txt", place / "ignored.tmp"):
        path.write_text("done\n", "utf-8")
    for path in (root / "node_modules", place / "empty", place / "made"):
        path.mkdir()
    git(root, "config", "our.setting", "1")
    git(root, "config", "remote.ours.url", "https://example.invalid/ours.git")
    git(root, "config", "core.fileMode", "false")
    (place / "tool.sh").chmod(0o755)
    git(place, "sparse-checkout", "set", "--no-cone", "/*", "!/left-out.txt")


def _see_other_history(root: Path, place: Path) -> None:
    """Have git show another commit than the last one, with another history."""
    tree = git(root, "rev-parse", "HEAD^{tree}")
    grafted = git(root, "commit-tree", tree, "-m", "Grafted")
    head = git(place, "rev-parse", "HEAD")
    blob = run("git", "hash-object", "-w", "--stdin", cwd=place, stdin="1\n").stdout.strip()
    index = {"GIT_INDEX_FILE": str(root / ".git" / "other-index")}
    for words in (("read-tree", head), ("update-index", "--add", "--cacheinfo", f"100644,{blob},replaced.txt")):
        assert run("git", *words, cwd=place, env=index).returncode == 0
    other = run("git", "write-tree", cwd=place, env=index).stdout.strip()
    git(place, "replace", head, git(place, "commit-tree", other, "-p", f"{head}^", "-m", "Replaced"))
    before = git(place, "rev-parse", f"{head}^")
    (root / ".git" / "info" / "grafts").write_text(f"{before} {grafted}\n", "utf-8")


def _convert_files(root: Path, place: Path) -> None:
    """Have files differ from what is committed without git's seeing it, and hooks make more of them."""
    git(root, "config", "filter.ours.smudge", "cat; echo filtered")
    git(root, "config", "filter.ours.clean", "grep -v filtered | tr -d '\\r'")
    (root / ".git" / "info" / "attributes").write_text("README.md filter=ours eol=crlf\n", "utf-8")
    (place / "README.md").unlink()
    git(place, "checkout", "--", "README.md")
    hooks = root / ".git" / "our hooks"
    hooks.mkdir()
    (hooks / "post-checkout").write_text("#!/bin/sh\ntouch hooked.txt\n", "utf-8")
    (hooks / "post-checkout").chmod(0o755)
    git(root, "config", "core.hooksPath", str(hooks))


def test_nothing_that_helps_in_the_workspace_helps_in_a_proof(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = folder(project, "one")
    (place / "look.sh").write_text(LOOK.replace("^M", "\r"), "utf-8")
    git(place, "add", "look.sh")
    git(place, "commit", "--quiet", "--message=Work on one")
    project.hand_in("one")
    _try_everything(project, place)
    _convert_files(project.folder, place)
    _see_other_history(project.folder, place)
    for name in ENVIRONMENT:
        monkeypatch.setenv(name, "given")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", "/the person's own")
    (tmp_path / "atlas-test-needed").touch()
    for _ in range(2):
        here = run("sh", "-c", CHECK, cwd=place)
    assert sorted(here.stdout.splitlines()[:-1]) == sorted(WAYS)
    assert here.returncode == 0
    ended = run_in_steps(project.folder, tmp_path, "complete", "one")
    assert ended.code == 2, ended
    (check,) = evidence(project, "one")["checks"]
    assert check["output_tail"].splitlines() == ["kept: /the person's own"]
    assert evidence(project, "one")["outcome"] == "fails_on_base"  # where nothing is found either
    assert project.module("one")["status"] == "in_progress"


def hand_in(project: Project, script: str) -> str:
    """`two` is reported done, and this is what its check runs; returns its commit."""
    commit = work(project, "two", "two.sh", script)
    project.hand_in("two")
    return commit


EFFECTS = {
    "an edit": ("echo more >>README.md", "README.md"),
    "a removal": ("rm README.md", "README.md"),
    "another mode": ("chmod +x README.md", "README.md"),
    "a hidden edit": ("git update-index --assume-unchanged README.md; echo more >>README.md", "README.md"),
    "an edit that settings hide": (
        "git config core.trustctime false; git config core.fileMode false; git config core.checkStat minimal\n"
        "touch -r README.md ../time; printf '# Examplf\n' >README.md; touch -r ../time README.md; rm ../time",
        "README.md",
    ),
    "a commit": ("git commit --quiet --allow-empty --message=mine", "HEAD"),
    "another commit": ("git checkout --quiet HEAD^", "HEAD"),
    "another repository": ("rm -rf .git; git init --quiet; git add --all; git commit --quiet --message=x", "HEAD"),
    "no repository": ("rm -rf .git", "HEAD"),
}
"""What a check leaves in its clone that git tracks, and what it is told of that."""
SHORT = ("an edit that settings hide", "another repository")


@pytest.mark.parametrize(
    "effect", [pytest.param(name, marks=() if name in SHORT else pytest.mark.torture) for name in EFFECTS]
)
def test_a_check_that_leaves_what_git_tracks_changed_has_failed(effect: str, project: Project, tmp_path: Path) -> None:
    script, named = EFFECTS[effect]
    hand_in(project, f"{script}\nexit 0\n")
    assert run_in_steps(project.folder, tmp_path, "complete", "two").code == 2
    (check,) = evidence(project, "two")["checks"]
    assert (check["exit_code"], check["outcome"]) == (0, "failed"), check
    assert f"it left {named}" in check["why"]


@pytest.mark.parametrize("kind", [pytest.param(name, marks=pytest.mark.torture) for name in VANDALISM])
def test_what_an_earlier_check_left_in_the_clone_is_gone(kind: str, project: Project, tmp_path: Path) -> None:
    """A check that must fail does so in a clone where something was left, and passes once the work is done."""
    (folder(project, "two") / "src" / "names").mkdir(parents=True)
    (folder(project, "two") / "src" / "names" / "one").touch()
    (folder(project, "two") / "src" / "alpha.txt").write_text("to do\n", "utf-8")
    (folder(project, "two") / "tests").mkdir()
    (folder(project, "two") / "tests" / "run.sh").write_text("echo ran\n", "utf-8")
    hand_in(project, "test ! -e src/beta.txt && sh tests/run.sh && grep -q done src/alpha.txt\n")
    for verb in ("verify", "complete"):
        assert run_in_steps(project.folder, tmp_path, verb, "two").code == 2
        assert evidence(project, "two")["checks"][0]["output_tail"] == "ran\n"
        project.hand_in("two")
        (clone,) = clones(project.folder)  # at the base, where the check may have run last
        (clone / "src" / "names").mkdir(parents=True, exist_ok=True)
        (clone / "tests").mkdir(exist_ok=True)
        (clone / "tests" / "run.sh").touch()
        VANDALISM[kind](clone)
    work(project, "two", "src/alpha.txt", "done\n")
    assert run_in_steps(project.folder, tmp_path, "complete", "two").code == 0


def test_what_would_break_a_complete_module_does_not_land(project: Project) -> None:
    hand_in(project, "test -f README.md\n")
    assert project.does("complete", "two")["complete"]
    place = folder(project, "one")
    git(place, "mv", "README.md", "READ.md")
    (place / "look.sh").write_text("echo one\n", "utf-8")
    git(place, "add", "look.sh")
    git(place, "commit", "--quiet", "--message=Rename")
    project.hand_in("one")
    result = project.does("complete", "one", code=2)
    (own, other) = result["evidence"]["checks"]
    assert (own["outcome"], other["outcome"], result["evidence"]["outcome"]) == ("passed", "failed", "failed")
    assert other["why"].startswith("a check of two, which is complete")
    assert "a check of two, which is complete" in project.mail("implementer-1")[-1]["body"]
    git(place, "mv", "READ.md", "README.md")
    git(place, "commit", "--quiet", "--message=Rename it back")
    project.hand_in("one")
    assert project.does("complete", "one")["all_complete"]


def test_what_lands_is_a_merge_also_where_the_branch_could_just_move(project: Project) -> None:
    commit = hand_in(project, "true\n")
    tip = git(project.folder, "rev-parse", "atlas/integration")
    assert project.does("complete", "two")["complete"]
    parents = git(project.folder, "rev-list", "--parents", "-1", "atlas/integration").split()[1:]
    assert parents == [tip, commit]


def test_a_filter_that_others_do_not_have_is_refused_by_name(project: Project) -> None:
    git(project.folder, "config", "filter.ours.clean", "cat")
    (folder(project, "two") / ".gitattributes").write_text("*.txt filter=ours\n", "utf-8")
    hand_in(project, "true\n")
    line = the_line(project.run("complete", "two"))
    assert "ours" in line, line
    assert project.module("two")["evidence"] == []
