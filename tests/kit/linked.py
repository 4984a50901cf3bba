"""A stand-in for AI Maestro that listens, and projects that are linked to it."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from atlas.adapters.transport import wire
from atlas.adapters.transport.choice import VARIABLE
from atlas.app import context_at
from atlas.services.project.context import Context
from tests.cli.conftest import PLANNING
from tests.support import make_repository

from .maestro import Maestro
from .maestro_server import Server, host
from .project import Done, Project


class Linked(Project):
    """A project whose commands know AI Maestro's address, or with None do not."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        super().__init__(folder)
        self.env = {VARIABLE: url} if url else {}

    def run(self, verb: str, *arguments: str, session: str | None = None, env: Mapping[str, str] | None = None) -> Done:
        return super().run(verb, *arguments, session=session, env={**self.env, **(env or {})})

    def message(self, message_id: str) -> Any:
        return self.records("messages")[message_id]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long, in this process."""
    monkeypatch.setattr(wire, "ANSWER_SECONDS", 0.5)
    monkeypatch.setattr(wire, "CONNECT_SECONDS", 0.5)
    monkeypatch.setattr(wire, "_PAUSES", (0.01, 0.02))


@pytest.fixture(scope="session")
def registered(started: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Maestro, Path]:
    """A host with the sessions `proj-alpha` and `proj-beta`, and the orchestration that `linked` copies."""
    folder = tmp_path_factory.mktemp("registered")
    server = host(folder / "home", "proj-alpha", "proj-beta")
    project = begin(started, folder / "project", server.url)
    project.walk([["register", "ai", "proj-alpha"], ["register", "ai", "proj-beta"]])
    server.stop()
    return server.maestro, project.folder


@pytest.fixture
def server(registered: tuple[Maestro, Path], tmp_path: Path) -> Iterator[Server]:
    """A host with the sessions `proj-alpha` and `proj-beta`."""
    maestro = copy.deepcopy(registered[0])
    maestro.home = tmp_path / "home"
    server = Server(maestro)
    yield server
    server.stop()


@pytest.fixture
def linked(registered: tuple[Maestro, Path], repo: Path, server: Server) -> Linked:
    """An orchestration that `proj-alpha`, known as `implementer-1`, and `proj-beta`, `implementer-2`, belong to."""
    return begin(registered[1], repo, server.url)


@pytest.fixture
def context(linked: Linked, server: Server, quick: None, monkeypatch: pytest.MonkeyPatch) -> Context:
    """That orchestration as services see it, in this process."""
    monkeypatch.setenv(VARIABLE, server.url)
    return context_at(str(linked.folder))


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = Project(make_repository(tmp_path_factory.mktemp("started") / "project"))
    project.walk([*PLANNING, ["approve", "--no-checks"], ["start"]])
    return project.folder


def begin(started: Path, folder: Path, url: str | None = None) -> Linked:
    """A copy of an orchestration without agents."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(started, folder, symlinks=True)
    return Linked(folder, url)
