"""Fixtures of the tests that drive the real client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.client import clients
from tests.client.clients import Client
from tests.client.model import ScriptedModel, Step
from tests.client.sandbox import Sandbox

ModelFactory = Callable[..., ScriptedModel]


@pytest.fixture(scope="session", params=clients.wanted())
def client(request: pytest.FixtureRequest) -> Client:
    """Each client that the tests were asked to drive."""
    try:
        return clients.locate(request.param)
    except clients.ClientMissing as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture
def sandbox(client: Client, tmp_path: Path) -> Sandbox:
    """A scratch home of the test's own, with nothing installed."""
    return Sandbox(client, tmp_path / "sandbox")


@pytest.fixture
def scripted() -> Iterator[ModelFactory]:
    """Makes models from steps; at the end, a step that was missing, raised or was never used fails the test."""
    models: list[ScriptedModel] = []

    def make(*steps: Step) -> ScriptedModel:
        model = ScriptedModel(*steps)
        models.append(model)
        return model.__enter__()

    yield make
    for model in models:
        model.__exit__()
    for model in models:
        model.check()
