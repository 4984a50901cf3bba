"""What is made from other files says what they say."""

from __future__ import annotations

from tests.generate.__main__ import ROOT, all_generated, stale_files


def test_nothing_generated_is_stale() -> None:
    assert sorted(stale_files()) == [], "run `make generate`"


def test_folders_of_generated_files_hold_nothing_else() -> None:
    made = all_generated()
    folders = {folder for path in made for folder in (ROOT / path).parents if folder.name == "generated"}
    lying = [str(file.relative_to(ROOT)) for folder in folders for file in folder.rglob("*.py")]
    assert [file for file in lying if file not in made] == []
