"""What is made from other files says what they say."""

from __future__ import annotations

import os

from tests.generate.__main__ import ROOT, all_generated, stale_files


def test_nothing_generated_is_stale() -> None:
    assert sorted(stale_files()) == [], "run `make generate`"


def test_folders_of_generated_files_hold_nothing_else() -> None:
    made = all_generated()
    folders = {folder for path in made for folder in (ROOT / path).parents if folder.name == "generated"}
    lying = [str(file.relative_to(ROOT)) for folder in folders for file in folder.rglob("*.py")]
    assert [file for file in lying if file not in made] == []


def test_every_door_and_slash_command_is_made_from_a_row_of_the_table_of_verbs() -> None:
    doors = {f"scripts/{path.name}" for path in ROOT.glob("scripts/atlas_*.py")} - {"scripts/atlas_cli.py"}
    slashes = {f"commands/{path.name}" for path in ROOT.glob("commands/*")}
    assert (doors | slashes) - all_generated().keys() == set()
    assert {door for door in doors if not os.access(ROOT / door, os.X_OK)} == set()
