"""The set-up of a proof's clone: what it made is copied by lock file or made anew, and nothing comes from elsewhere."""

from __future__ import annotations

import json
import os
import shutil
import venv
from pathlib import Path
from typing import Any

import pytest

from atlas.app import context_at
from atlas.services.project.settings import change_setting
from atlas.services.proof.evidence import Demand, verify_module
from tests.kit.kept import Kept
from tests.kit.places import folder, work
from tests.kit.project import Project
from tests.support import PACE, git, make_repository

CHECK = (
    "cmp package-lock.json node_modules/left/lock && test -x node_modules/tool && test ! -x node_modules/left/lock"
    ' && test "$(readlink node_modules/link)" = left'
    ' && echo more >>node_modules/one && test "$(cat node_modules/two)" = one && rm -r node_modules/left'
)
"""What was made is there, by kind and mode; names of one file may be files of their own; and then it is spoilt."""
NPM = """\
#!/bin/sh
echo "$*" >>'{log}'
rm -rf node_modules/*
mkdir -p node_modules/left
cp package-lock.json node_modules/left/lock
ln -s left node_modules/link
echo one >node_modules/two
cp node_modules/two node_modules/one
echo '#!/bin/sh' >node_modules/tool
chmod 755 node_modules/tool
ln node_modules/tool node_modules/same
"""


class Shop:
    """A project with a module whose workspace is its agent's, and a stand-in for an installer that counts its runs."""

    def __init__(self, project: Project, log: Path) -> None:
        self.project, self._log = project, log

    @property
    def runs(self) -> int:
        """How often the stand-in ran."""
        return len(self._log.read_text("utf-8").splitlines()) if self._log.exists() else 0

    def verify(self, file: str, text: str = "x\n", passes: bool = True) -> Any:
        """The first check of a proof of the module, after one more commit of its agent."""
        place = folder(self.project, "auth") / file
        place.parent.mkdir(parents=True, exist_ok=True)
        work(self.project, "auth", file, text)
        self.project.hand_in("auth", commit=False)
        return self.verify_again(passes=passes)

    def verify_again(self, passes: bool = True, fresh: bool = False) -> Any:
        """The first check of another proof of the same commit: by the service, since a process more takes its time."""
        evidence = verify_module(context_at(str(self.project.folder)), "auth", Demand(fresh=fresh))["evidence"]
        assert evidence["passed"] is passes, evidence
        return evidence["checks"][0]

    def set(self, key: str, value: str) -> None:
        """Change a setting."""
        change_setting(context_at(str(self.project.folder)), key, [value])


def _begin(root: Path) -> None:
    project = Project(root)
    (root / ".gitignore").write_text("node_modules\n.venv\n", encoding="utf-8")
    (root / "package.json").write_text('{"name": "shop"}\n', encoding="utf-8")
    (root / "package-lock.json").write_text('{"lockfileVersion": 3}\n', encoding="utf-8")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=A shop")
    project.walk(
        [
            ["plan", "Build a shop"],
            ["requirement", "add", "--name", "auth", "--criteria", "People log in", "--check", CHECK],
            ["approve"],
            ["start"],
            ["register", "ai", "first"],
            ["assign", "auth", "implementer-1"],
        ]
    )
    project.authorize("auth")


@pytest.fixture(scope="session")
def _shop(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    source = make_repository(tmp_path_factory.mktemp("shop-source") / "project")
    return Kept(tmp_path_factory.mktemp("shop"), _begin, source)


@pytest.fixture
def shop(_shop: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The set-up is `npm ci`; each test has a cache of its own."""
    tools, log = tmp_path / "tools", tmp_path / "log"
    tools.mkdir()
    (tools / "npm").write_text(NPM.format(log=log), encoding="utf-8")
    (tools / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    project = Project(_shop.put_back())
    shop = Shop(project, log)
    shop.set("workspace.setup", "npm ci")
    return shop


def kept_copies(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "cache" / "atlas" / "proofs").glob("*/1.set-ups/*"))


# Copied or made anew.


def test_it_runs_once_for_each_state_of_the_lock_file(shop: Shop) -> None:
    shop.verify("one.txt")
    shop.verify("two.txt")
    assert shop.runs == 1
    shop.verify("package-lock.json", '{"lockfileVersion": 2}\n')
    assert shop.runs == 2
    shop.verify("package.json", '{"name": "shop", "dependencies": {"left": "1"}}\n')
    assert shop.runs == 3
    shop.verify("package-lock.json", '{"lockfileVersion": 3}\n')
    shop.verify("package.json", '{"name": "shop"}\n')
    assert shop.runs == 4


def test_without_a_lock_file_it_is_made_anew(shop: Shop) -> None:
    git(folder(shop.project, "auth"), "mv", "package-lock.json", "package-lock")
    shop.set("workspace.setup", "cp package-lock package-lock.json && npm ci")
    shop.verify("one.txt")
    shop.verify("two.txt")
    assert shop.runs == 2


@pytest.mark.parametrize(
    ("file", "text", "command"),
    [
        ("a.txt", "", "npm ci && npm run build"),
        pytest.param("a.txt", "", "npm ci && cat *.txt >node_modules/built", marks=pytest.mark.torture),
        pytest.param(
            "package.json",
            '{"scripts": {"postinstall": "cp a.txt node_modules/"}}',
            "npm ci",
            marks=pytest.mark.torture,
        ),
        ("package.json", '{"dependencies": {"left": "file:left"}}', "npm ci"),
    ],
)
def test_what_may_depend_on_other_files_counts_for_the_same_tree_only(
    shop: Shop, file: str, text: str, command: str
) -> None:
    shop.set("workspace.setup", command)
    shop.verify(file, text)
    before = shop.runs
    shop.verify("two.txt")
    assert shop.runs == 2 * before
    shop.verify_again(fresh=True)
    assert shop.runs == 3 * before


def test_what_lies_beside_packages_counts_for_the_same_tree_only(shop: Shop, tmp_path: Path) -> None:
    with (tmp_path / "tools" / "npm").open("a", encoding="utf-8") as file:
        file.write("mkdir -p dist && cp .gitignore dist/\n")
    shop.verify("one.txt")
    shop.verify("two.txt")
    assert shop.runs == 2


@pytest.mark.torture
def test_another_command_or_interpreter_makes_it_anew(shop: Shop, tmp_path: Path) -> None:
    shop.verify("one.txt")
    shop.set("workspace.setup", "npm ci --no-audit")
    shop.verify("two.txt")
    assert shop.runs == 2
    os.utime(tmp_path / "tools" / "npm", (1, 1))
    shop.verify("three.txt")
    assert shop.runs == 3
    assert len(kept_copies(tmp_path)) == 3
    shop.set("workspace.setup", "npm ci --no-fund")
    shop.verify("four.txt")
    assert (shop.runs, len(kept_copies(tmp_path))) == (4, 3)


def test_a_damaged_copy_is_made_anew(shop: Shop, tmp_path: Path) -> None:
    shop.verify("one.txt")
    for number, spoil in enumerate(
        (
            lambda files: (files / "node_modules" / "left" / "lock").unlink(),
            lambda files: (files / "node_modules" / "left" / "lock").write_text("other", "utf-8"),
            lambda files: (files.parent / "digest").unlink(),
            shutil.rmtree,
        )[::PACE],
        2,
    ):
        (kept,) = kept_copies(tmp_path)
        spoil(kept / "files")
        shop.verify(f"{number}.txt")
        assert shop.runs == number


def test_a_copy_that_was_not_finished_is_none(shop: Shop, tmp_path: Path) -> None:
    shop.verify("one.txt")
    (kept,) = kept_copies(tmp_path)
    kept.rename(kept.with_name(".making"))
    shop.verify("two.txt")
    assert (shop.runs, [one.name for one in kept_copies(tmp_path)]) == (2, [kept.name])


def test_what_is_in_the_project_or_its_workspace_is_neither_used_nor_touched(shop: Shop) -> None:
    """Not through a link either, though the workspace has one."""
    own = shop.project.folder / "node_modules" / "own"
    own.parent.mkdir()
    own.write_text("the person's", "utf-8")
    (folder(shop.project, "auth") / "node_modules").symlink_to(own.parent)
    shop.set("workspace.link", "node_modules")
    shop.verify("one.txt")
    shop.verify("two.txt")
    assert (own.read_text("utf-8"), os.listdir(own.parent), shop.runs) == ("the person's", ["own"], 1)


# A set-up that does not do its work.


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("echo no network >&2; exit 3", "ended with exit code 3: no network"),
        ("nosuchinstaller ci", "ended with exit code 127"),
        ("echo x >>package.json", "left package.json changed, which git tracks"),
    ],
)
def test_checks_cannot_run_after_it(shop: Shop, command: str, words: str) -> None:
    shop.set("workspace.setup", command)
    check = shop.verify("one.txt", passes=False)
    assert (check["outcome"], check["exit_code"]) == ("could_not_run", None)
    assert words in check["why"]


def test_checks_cannot_run_after_one_that_takes_too_long(shop: Shop) -> None:
    shop.set("workspace.setup", "tail -f /dev/null")
    shop.set("workspace.setup-seconds", "1")
    assert "was stopped at its limit of time" in shop.verify("one.txt", passes=False)["why"]


# Editable installs.


def _make_venv(place: Path) -> Path:
    """A virtual environment without packages; returns the folder for these."""
    venv.create(place, with_pip=False)
    (site,) = (place / "lib").glob("python*/site-packages")
    return site


def _editable(site: Path, kind: str, target: Path) -> None:
    """Note an editable install of `target` in a folder of packages, as a tool of this kind does."""
    if kind == "direct_url":
        about = site / "shop-1.dist-info"
        about.mkdir(parents=True)
        said = {"url": target.as_uri(), "dir_info": {"editable": True}}
        (about / "direct_url.json").write_text(json.dumps(said), "utf-8")
    elif kind == "egg-link":
        (site / "shop.egg-link").write_text(f"{target}\n.", "utf-8")
    else:
        (site / kind).write_text(f"import sys\n{target}\n", "utf-8")


KINDS = (
    "direct_url",
    "__editable__.shop-1.pth",
    pytest.param("egg-link", marks=pytest.mark.torture),
    pytest.param("shop.pth", marks=pytest.mark.torture),
)


@pytest.fixture
def packages(shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The packages of the interpreter on the path of the checks of the shop, which is a Python project."""
    work(shop.project, "auth", "pyproject.toml", '[project]\nname = "shop"\nversion = "1"\n')
    monkeypatch.setenv("PATH", f"{tmp_path / 'env' / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return _make_venv(tmp_path / "env")


@pytest.mark.parametrize("kind", KINDS)
def test_an_editable_install_of_the_project_makes_checks_not_run(shop: Shop, packages: Path, kind: str) -> None:
    source = shop.project.folder / "src"
    source.mkdir()
    _editable(packages, kind, source)
    check = shop.verify("one.txt", passes=False)
    assert check["outcome"] == "could_not_run"
    assert f"takes shop from {source}, and so would checks: have the set-up install it in the clone" in check["why"]


@pytest.mark.parametrize("where", [pytest.param("a workspace", marks=pytest.mark.torture), "another clone", "a copy"])
def test_so_does_one_of_another_copy_of_it(shop: Shop, packages: Path, tmp_path: Path, where: str) -> None:
    place, own = tmp_path / "elsewhere", folder(shop.project, "auth")
    if where == "a workspace":
        place = own
    elif where == "another clone":
        git(tmp_path, "clone", "--quiet", str(own), str(place))
    else:
        place.mkdir()
        shutil.copy(own / "pyproject.toml", place)
    _editable(packages, "direct_url", place)
    assert f"takes shop from {place}" in shop.verify("one.txt", passes=False)["why"]


def test_those_of_something_else_do_not_matter(shop: Shop, packages: Path, tmp_path: Path) -> None:
    other = make_repository(tmp_path / "other")
    (other / "pyproject.toml").write_text('[project]\nname = "other"\n', "utf-8")
    for kind in ("direct_url", "egg-link", "__editable__.other-1.pth", "other.pth"):
        _editable(packages, kind, other)
    assert shop.verify("one.txt")["outcome"] == "passed"


def test_what_is_no_python_project_is_not_looked_at(shop: Shop, packages: Path) -> None:
    _editable(packages, "direct_url", shop.project.folder)
    git(folder(shop.project, "auth"), "rm", "--quiet", "pyproject.toml")
    assert shop.verify("one.txt")["outcome"] == "passed"


@pytest.mark.parametrize("inside", [True, False])
def test_the_environment_that_the_set_up_makes_points_into_the_clone(
    shop: Shop, packages: Path, tmp_path: Path, inside: bool
) -> None:
    target = "$PWD" if inside else str(shop.project.folder)
    site = ".venv/lib/python3/site-packages"
    with (tmp_path / "tools" / "npm").open("a", encoding="utf-8") as file:
        file.write(f'mkdir -p {site}\necho "{target}" >{site}/shop.pth\n')
    for name in ("one.txt", "two.txt"):
        check = shop.verify(name, passes=inside)
        assert inside or ".venv/bin/python of the clone takes shop from" in check["why"]
    assert shop.runs == 1


def test_a_variable_that_names_the_project_makes_checks_not_run(
    shop: Shop, packages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", f"lib:{shop.project.folder}")
    assert f"PYTHONPATH names {shop.project.folder}" in shop.verify("one.txt", passes=False)["why"]


def test_an_interpreter_is_asked_once(shop: Shop, packages: Path, tmp_path: Path) -> None:
    """What it has is looked at each time."""
    log, python = tmp_path / "asked", tmp_path / "tools" / "python"
    python.write_text(f'#!/bin/sh\necho x >>"{log}"\nexec "{packages.parents[2]}/bin/python" "$@"\n', "utf-8")
    python.chmod(0o755)
    os.environ["PATH"] = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
    assert shop.verify("one.txt")["outcome"] == "passed"
    _editable(packages, "direct_url", shop.project.folder)
    assert shop.verify("two.txt", passes=False)["outcome"] == "could_not_run"
    assert log.read_text("utf-8") == "x\n"
