"""How often a command looks at the store and starts git: each look is a chance for something to change in between."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from atlas.adapters.store.file_store import FileStore
from atlas.services.orchestration import assigning
from tests.kit.orchestrations import context
from tests.kit.project import Project
from tests.kit.striking import Striker

READS, CALLS_OF_GIT = 3, 9


def test_giving_a_module_looks_at_the_store_three_times(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []
    for name in ("read", "transact"):
        inner = getattr(FileStore, name)

        def look(*given: Any, inner: Any = inner, name: str = name) -> Any:
            looks.append(name)
            return inner(*given)

        monkeypatch.setattr(FileStore, name, look)
    given = assigning.dispatch_module(context(shop.folder), "auth", "implementer-1")
    assert given["workspace"] is not None
    assert len(looks) <= READS, looks


def test_giving_a_module_starts_few_git_processes(shop: Project, tmp_path: Path) -> None:
    assert Striker(shop, tmp_path / "striker").calls("assign", "auth", "implementer-1") <= CALLS_OF_GIT
