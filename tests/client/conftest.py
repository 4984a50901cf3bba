"""Fixtures of the tests that drive the real client."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from . import clients
from .checkout import REPOSITORY, copy_checkout, publish
from .clients import Client
from .git_server import serve_git
from .model import ScriptedModel, Step
from .sandbox import Sandbox


class ModelFactory(Protocol):
    """What the fixture `scripted` gives."""

    def __call__(self, *steps: Step) -> ScriptedModel: ...


@pytest.fixture(scope="session", params=clients.wanted())
def client(request: pytest.FixtureRequest) -> Client:
    """Each client that the tests were asked to drive."""
    try:
        return clients.locate(request.param)
    except clients.ClientMissing as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture
def sandbox(client: Client, tmp_path: Path) -> Iterator[Sandbox]:
    """A scratch home of the test's own, with nothing installed."""
    sandbox = Sandbox(client, tmp_path / "sandbox")
    yield sandbox
    sandbox.end_processes()


@pytest.fixture
def scripted() -> Iterator[ModelFactory]:
    """Makes models from steps; in the end, a step that was missing, raised or was never used fails the test."""
    models: list[ScriptedModel] = []
    with contextlib.ExitStack() as running:

        def make(*steps: Step) -> ScriptedModel:
            models.append(running.enter_context(ScriptedModel(*steps)))
            return models[-1]

        yield make
    for model in models:
        model.check()


@pytest.fixture(scope="session")
def plugin_copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plugin as a folder, from a clean copy of the checkout, in a path with a space."""
    return copy_checkout(tmp_path_factory.mktemp("plugin") / "in a folder" / "atlas")


@pytest.fixture(scope="session")
def git_marketplace(plugin_copy: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a git repository on loopback that holds the plugin and its marketplace."""
    folder = tmp_path_factory.mktemp("served")
    publish(plugin_copy, folder)
    with serve_git(folder) as address:
        yield f"{address}/{REPOSITORY}"


@pytest.fixture(scope="session")
def installed(client: Client, git_marketplace: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A shared sandbox in which ATLAS is installed from git, so that it runs from the client's cache."""
    sandbox = Sandbox(client, tmp_path_factory.mktemp("installed") / "sandbox")
    sandbox.install(git_marketplace)
    yield sandbox
    sandbox.end_processes()
