"""Commits count as they were made, not as this clone shows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from atlas.adapters.git import git as adapter
from atlas.adapters.git import refs
from tests.support import git, make_repository


@pytest.mark.parametrize("way", ["replace", "grafts"])
def test_neither_replace_refs_nor_grafts_change_what_a_commit_is(way: str, tmp_path: Path) -> None:
    folder = make_repository(tmp_path / "shop")
    first = git(folder, "rev-parse", "HEAD")
    git(folder, "commit", "--quiet", "--allow-empty", "--message=Second")
    second = git(folder, "rev-parse", "HEAD")
    if way == "replace":
        git(folder, "replace", "--graft", second)
    else:
        (folder / ".git/info/grafts").write_text(f"{second}\n")
    assert git(folder, "log", "--format=%H") == second, "that is how git shows it"
    assert adapter.run_git(str(folder), "log", "--format=%H").split() == [second, first]
    assert refs.contains_commit(str(folder), second, first)
