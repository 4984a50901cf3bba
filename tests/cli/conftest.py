"""Projects at each stage of an orchestration; each test gets a copy of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.kit.project import Project
from tests.kit.shop import _begun_shop, shop
from tests.kit.teams import team
from tests.support import make_repository

__all__ = ["_begun_shop", "shop", "team"]

AUTH_CORE = ["--name", "Auth core", "--criteria", "Passwords work", "--description", "Hash and compare."]
AUTH_API = ["--name", "Auth API", "--criteria", "Requests work", "--depends-on", "auth-core"]
DOCS = ["--name", "Docs", "--criteria", "A newcomer understands", "--priority", "low"]
PLANNING = [
    ["plan", "Let people log in"],
    ["requirement", "add", *AUTH_CORE, "--priority", "high", "--check", "test -f core.txt"],
    ["requirement", "add", *AUTH_API, "--check", "test -f api.txt"],
    ["requirement", "add", *DOCS],
]
EXECUTING = [
    ["approve"],
    ["start"],
    ["register", "ai", "helper-agent-generic"],
    ["register", "ai", "helper-agent-python"],
    ["register", "human", "dev-alice"],
]


@pytest.fixture
def fresh(repo: Path) -> Project:
    """A repository that knows nothing of ATLAS."""
    return Project(repo)


@pytest.fixture
def planning(_planned: Path, repo: Path) -> Project:
    """A plan of `auth-core`, `auth-api`, which depends on it, and `docs`, which has no check. Not approved."""
    return _copy(_planned, repo)


@pytest.fixture
def executing(_begun_with_agents: Path, repo: Path) -> Project:
    """That plan being executed; known are `implementer-1`, `implementer-2` and the person `dev-alice`."""
    return _copy(_begun_with_agents, repo)


@pytest.fixture
def complete(_completed: Path, repo: Path) -> Project:
    """That orchestration with every module complete."""
    return _copy(_completed, repo)


@pytest.fixture(scope="session")
def _planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = Project(make_repository(tmp_path_factory.mktemp("planned") / "project"))
    project.walk(PLANNING)
    project.edit_plan("- id: auth-core\n", "- id: auth-core\n  github_issue: '#42'\n")
    return project.folder


@pytest.fixture(scope="session")
def _begun_with_agents(_planned: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = _copy(_planned, tmp_path_factory.mktemp("executing") / "project")
    project.walk(EXECUTING)
    return project.folder


@pytest.fixture(scope="session")
def _completed(_begun_with_agents: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = _copy(_begun_with_agents, tmp_path_factory.mktemp("completed") / "project")
    for module, agent in (("auth-core", "dev-alice"), ("auth-api", "dev-alice"), ("docs", "implementer-1")):
        project.commit(f"{module.removeprefix('auth-')}.txt")
        project.does("assign", module, agent)
        if agent != "dev-alice":
            project.hand_in(module)
        project.does("complete", module, "--reason", "I saw it work")
    return project.folder


def _copy(source: Path, target: Path) -> Project:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, symlinks=True)
    return Project(target)
