"""`atlas doctor` where nothing is damaged: it changes nothing, knows what it runs on, and finds what survives."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tests.conftest import Atlas
from tests.kit.state import snapshot, unnumbered_records
from tests.support import git

from .damage import doctor, flip, found, found_at_rest


def test_all_is_well(atlas: Atlas, begun: Path) -> None:
    before = snapshot(begun)
    result = doctor(atlas)
    assert (result["problems"], result["warnings"], result["mended"]) == (0, 0, [])
    assert {f["level"] for f in result["findings"]} == {"ok"}
    about = {f["about"] for f in result["findings"]}
    assert about >= {
        "Python",
        "git",
        "packages",
        "plugin",
        "history",
        "gate",
        "tables",
        "records",
        "modes",
        "leftovers",
    }
    assert atlas("doctor").stdout.endswith("\nAll is well.\n")
    assert snapshot(begun) == before


def test_repairing_what_is_sound_changes_nothing(atlas: Atlas, begun: Path) -> None:
    before = found_at_rest(begun)
    assert doctor(atlas, "--repair")["mended"] == []
    assert found_at_rest(begun) == before


def test_before_there_is_an_orchestration(atlas: Atlas, repo: Path) -> None:
    for arguments in ([], ["--repair"]):
        assert any("no orchestration yet" in line for line in found(doctor(atlas, *arguments), "ok"))
    assert not (repo / ".git" / "atlas").exists()
    assert not (repo / ".claude").exists()


def test_outside_a_repository(atlas: Atlas, tmp_path: Path) -> None:
    for arguments in ([], ["--repair"]):
        result = doctor(atlas, *arguments, cwd=tmp_path)
        (line,) = found(result, "warning")
        assert "not in a git repository" in line
        assert {f["about"] for f in result["findings"]} == {"Python", "git", "packages", "plugin", "project"}


# What survives


def test_git_clean_stash_branches_and_a_move(atlas: Atlas, begun: Path, tmp_path: Path) -> None:
    expected = unnumbered_records(begun)
    (begun / "work.txt").write_text("unfinished")
    git(begun, "stash", "--include-untracked")
    assert not (begun / "work.txt").exists()
    git(begun, "switch", "--quiet", "--create", "other")
    assert found(doctor(atlas)) == found(doctor(atlas), "warning") == []
    git(begun, "clean", "-fdx")
    assert not (begun / ".claude").exists()
    assert len(found(doctor(atlas, exit_code=1))) > 4
    moved = begun.rename(tmp_path / "moved away")
    assert doctor(atlas, "--repair", cwd=moved)["warnings"] == 0
    assert unnumbered_records(moved) == expected
    assert atlas("status", cwd=moved).returncode == 0


def test_a_work_tree_copied_without_its_repository(atlas: Atlas, begun: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    git(copy, "init", "--quiet")
    shutil.copytree(begun / ".claude", copy / ".claude")
    doctor(atlas, "--repair", cwd=copy)
    assert unnumbered_records(copy) == unnumbered_records(begun)
    assert atlas("status", cwd=copy).returncode == 0


# The environment


def fake_git(folder: Path, version: str) -> dict[str, str]:
    folder.mkdir()
    answer = f'case " $* " in *" version "*) echo "git version {version}" ;; *) exit 1 ;; esac'
    (folder / "git").write_text(f"#!/bin/sh\n{answer}\n")
    (folder / "git").chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


def test_git_too_old_or_missing(atlas: Atlas, repo: Path, tmp_path: Path) -> None:
    for version, warned in (("2.37.9", True), ("2.38.0", False), ("3.0.1.windows.1", False)):
        result = doctor(atlas, env=fake_git(tmp_path / version, version))
        assert any(line.startswith(f"git: {version[:6]}") for line in found(result, "warning")) is warned
    empty = tmp_path / "empty"
    empty.mkdir()
    assert found(doctor(atlas, env={"PATH": str(empty)}, exit_code=1)) == [
        "git: git was not found: install git 2.38 or newer"
    ]


def test_packages_that_are_not_there(atlas: Atlas, begun: Path, tmp_path: Path) -> None:
    elsewhere = {"XDG_DATA_HOME": str(tmp_path / "data")}
    warned = found(doctor(atlas, env=elsewhere), "warning")
    assert any("not made yet" in line for line in warned)
    assert any("records: not checked" in line for line in warned)
    flip(begun, 5)
    assert any("history line 5" in line for line in found(doctor(atlas, env=elsewhere, exit_code=1)))
    assert not (tmp_path / "data").exists(), "looking does not begin to make them"
