"""One nursery for all tests that start processes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .nursery import Nursery


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """Starts processes that have everything imported already."""
    made = Nursery(tmp_path_factory.mktemp("nursery"))
    yield made
    made.close()
