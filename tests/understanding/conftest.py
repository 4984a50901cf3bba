"""The office and the shop, of which each test gets a copy of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.kit.shop import _begun_shop, shop
from tests.support import make_repository

from .office import Office, open_office

__all__ = ["_begun_shop", "shop"]


@pytest.fixture(scope="session")
def _opened(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return open_office(make_repository(tmp_path_factory.mktemp("office") / "project")).folder


@pytest.fixture
def office(_opened: Path, tmp_path: Path) -> Office:
    return Office(Path(shutil.copytree(_opened, tmp_path / "a project", symlinks=True)))
