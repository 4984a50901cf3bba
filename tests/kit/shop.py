"""Projects whose modules are to be worked on in workspaces; each test gets a copy of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support import make_repository

from .project import Project

BEGUN = [
    ["plan", "Build a shop"],
    ["requirement", "add", "--name", "auth", "--criteria", "People log in", "--check", "test -f auth.txt"],
    ["requirement", "add", "--name", "board", "--criteria", "It shows", "--check", "test -f board.txt"],
    ["approve", "--no-checks"],
    ["start"],
    ["register", "ai", "first"],
    ["register", "ai", "second"],
    ["register", "human", "dev-alice"],
]


@pytest.fixture
def shop(_begun_shop: Path, repo: Path) -> Project:
    """An orchestration of `auth` and `board`, each checked by a file of its name, with two AI agents and a person."""
    shutil.rmtree(repo)
    shutil.copytree(_begun_shop, repo, symlinks=True)
    return Project(repo)


@pytest.fixture
def begun(repo: Path) -> Project:
    """The same, begun in the repository as the test has it then: call `walk(BEGUN)`."""
    return Project(repo)


@pytest.fixture(scope="session")
def _begun_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = Project(make_repository(tmp_path_factory.mktemp("begun") / "project"))
    (project.folder / "src").mkdir()
    project.commit("src/api.py", "def log_in() -> None: ...\n")
    project.walk(BEGUN)
    return project.folder
