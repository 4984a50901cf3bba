"""Receipts: what merge commits say of proofs holds in any clone, and not one byte of it can change unnoticed."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atlas.adapters.system.process import process_birth
from atlas.app import context_at
from atlas.core.errors import AtlasError
from atlas.services.integration import landing
from atlas.services.proof import receipts
from atlas.services.proof.evidence import Demand, complete_module
from tests.kit.places import handed_in
from tests.kit.project import Project
from tests.support import git, run, wait_for

CHECK = "test -f auth.txt # caf\N{LATIN SMALL LETTER E WITH ACUTE}\n: second 'line'"


@pytest.fixture
def landed(shop: Project) -> Project:
    shop.does("modify", "modify", "auth", "--check", CHECK)
    handed_in(shop)
    shop.does("complete", "auth")
    return shop


def clone(project: Project, tmp_path: Path) -> Project:
    git(tmp_path, "clone", "--quiet", str(project.folder), "a clone")
    return Project(tmp_path / "a clone")


def message(project: Project) -> str:
    return git(project.folder, "cat-file", "commit", "atlas/integration").partition("\n\n")[2]


def test_a_merge_commit_says_what_was_proven(landed: Project) -> None:
    tip = landed.module("auth")["evidence"][-1]["commit"]
    said = git(landed.folder, "log", "-1", "--format=%(trailers:unfold,only)", "atlas/integration").splitlines()
    names = [line.partition(":")[0] for line in said]
    checks = ["Atlas-Check"] * (len(names) - 4)
    assert names == ["Atlas-Module", "Atlas-Task", "Atlas-Commit", *checks, "Atlas-Attestation"]
    assert said[2] == f"Atlas-Commit: {tip}"
    assert any(json.dumps(CHECK) in line for line in said)


def test_the_statement_is_in_toto_and_holds_in_a_clone_that_knows_nothing_of_atlas(
    landed: Project, tmp_path: Path
) -> None:
    (one,) = landed.does("receipts", "export")["files"]
    assert Path(one["file"]) == landed.folder / ".claude" / "receipts" / "auth.intoto.json"
    assert git(landed.folder, "status", "--porcelain") == ""
    statement = json.loads(Path(one["file"]).read_text("utf-8"))
    evidence = landed.module("auth")["evidence"][-1]
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    assert statement["subject"][0]["digest"] == {"gitCommit": evidence["commit"]}
    assert statement["subject"][1]["digest"] == {"gitTree": evidence["tree"]}
    assert statement["predicate"]["result"] == "PASSED"
    other = clone(landed, tmp_path)
    file = shutil.copy(one["file"], tmp_path / "auth.json")
    assert other.does("receipts", "verify", str(file))["checked"] == 1
    (again,) = other.does("receipts", "export", "--to", str(tmp_path / "again"))["files"]
    assert Path(again["file"]).read_bytes() == Path(one["file"]).read_bytes()
    assert not (other.folder / ".git" / "atlas" / "history.jsonl").exists()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_file_with_one_changed_byte_does_not_hold(data: Any, landed: Project, tmp_path: Path) -> None:
    file = tmp_path / "auth.json"
    receipts.export_receipts(context_at(str(landed.folder)), [], str(tmp_path), None)
    whole = bytearray((tmp_path / "auth.intoto.json").read_bytes())
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole[place]))
    file.write_bytes(bytes(whole))
    (fault,) = receipts.verify_receipts(context_at(str(landed.folder)), [str(file)], None)["faults"]
    assert "no commit carries its hash" in fault["fault"]


CHANGES = {
    "the module": ("Atlas-Module: auth", "Atlas-Module: other"),
    "the outcome": ("Atlas-Check: passed 0", "Atlas-Check: passed 1"),
    "a command": ("test -f", "test -d"),
    "a check is gone": ("Atlas-Check: ", "Not-Of-Atlas: "),
    "the task": ("Atlas-Task: task-", "Atlas-Task: tusk-"),
    "no attestation": ("Atlas-Attestation", "Some-Attestation"),
    "a blank line more": ("Atlas-Commit", "\nAtlas-Commit"),
    "no title": ("Merge auth: auth\n\n", ""),
    "a word that is none": ("Atlas-Attestation", 'Atlas-Word: module "other"\nAtlas-Attestation'),
    "what nests deeply": ("Atlas-Attestation", f"Atlas-Word: reason {'[' * 50_000}\nAtlas-Attestation"),
    "words after it": ("Atlas-Attestation", "Atlas-Attestation"),
    "one more word": ("Atlas-Attestation", 'Atlas-Word: reason "I say so"\nAtlas-Attestation'),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_commit_that_was_made_anew_with_other_trailers_does_not_hold(change: str, landed: Project) -> None:
    before, after = CHANGES[change]
    assert before in message(landed)
    end = "\n\nAnd more.\n" if change == "words after it" else ""
    remake(landed, message(landed).replace(before, after) + end, "atlas/integration^{tree}")
    faults = landed.does("receipts", "verify", code=2)["faults"]
    assert [fault["commit"] for fault in faults] == [git(landed.folder, "rev-parse", "atlas/integration")]


def test_a_commit_with_another_tree_does_not_hold(landed: Project) -> None:
    remake(landed, message(landed), "main^{tree}")
    (fault,) = landed.does("receipts", "verify", code=2)["faults"]
    assert "its trailers or its tree are not what its attestation is the hash of" in fault["fault"]


def test_a_commit_that_is_no_merge_of_what_it_says_does_not_hold(landed: Project) -> None:
    tree, parent = git(landed.folder, "rev-parse", "atlas/integration^{tree}", "atlas/integration^1").split()
    made = git(landed.folder, "commit-tree", tree, "-p", parent, "-m", message(landed))
    git(landed.folder, "update-ref", "refs/heads/atlas/integration", made)
    (fault,) = landed.does("receipts", "verify", code=2)["faults"]
    assert "it is no merge of" in fault["fault"]


def remake(project: Project, text: str, tree: str) -> None:
    parents = git(project.folder, "rev-parse", "atlas/integration^1", "atlas/integration^2").split()
    words = [word for parent in parents for word in ("-p", parent)]
    tree = git(project.folder, "rev-parse", tree)
    done = run("git", "commit-tree", tree, *words, "-F", "-", cwd=project.folder, stdin=f"{text}\n")
    git(project.folder, "update-ref", "refs/heads/atlas/integration", done.stdout.strip())


def test_a_commit_that_only_speaks_of_such_things_is_passed_over(landed: Project) -> None:
    git(landed.folder, "switch", "--quiet", "--detach", "atlas/integration")
    for text in ("Atlas-Check: another title", "Maps\n\nAtlas-like: big", "Notes\n\n  Atlas-Module: x"):
        git(landed.folder, "commit", "--quiet", "--allow-empty", "-m", text)
    assert landed.does("receipts", "verify")["checked"] == 1


def test_replace_refs_and_tags_of_the_same_name_are_not_followed(landed: Project) -> None:
    merge, start = git(landed.folder, "rev-parse", "atlas/integration", "main").split()
    git(landed.folder, "tag", "atlas/integration", start)
    git(landed.folder, "replace", merge, start)
    assert landed.does("receipts", "verify", "--branch", "atlas/integration")["checked"] == 1


def test_nothing_is_written_through_a_link_and_nothing_but_files_is_read(landed: Project, tmp_path: Path) -> None:
    (landed.folder / ".claude" / "receipts").symlink_to(tmp_path)
    assert "is a link" in landed.refuses("receipts", "export")
    os.mkfifo(tmp_path / "pipe")
    assert "it is no file" in landed.refuses("receipts", "verify", str(tmp_path / "pipe"))
    assert "there is no commit '^main'" in landed.refuses("receipts", "verify", "--branch", "^main")


def test_what_is_refused(shop: Project, tmp_path: Path) -> None:
    assert "there is no receipt in this history" in shop.refuses("receipts", "verify")
    assert "there is no receipt of any module" in shop.refuses("receipts", "export")
    handed_in(shop)
    shop.does("complete", "auth")
    assert "there is no receipt of board" in shop.refuses("receipts", "export", "board")
    assert "cannot be read" in shop.refuses("receipts", "verify", str(tmp_path / "none"))
    assert "there is no commit 'nowhere'" in shop.refuses("receipts", "verify", "--branch", "nowhere")
    (tmp_path / "auth.intoto.json").write_text("mine", "utf-8")
    assert "is no receipt of auth" in shop.refuses("receipts", "export", "--to", str(tmp_path))
    assert (tmp_path / "auth.intoto.json").read_text("utf-8") == "mine"


# Signatures.


def sign_with(project: Project, program: str) -> None:
    for name, value in (("commit.gpgsign", "true"), ("gpg.program", program), ("user.signingkey", "nobody")):
        git(project.folder, "config", name, value)


def test_a_merge_is_signed_where_commits_are(shop: Project, tmp_path: Path) -> None:
    if not shutil.which("ssh-keygen"):
        pytest.skip("no ssh-keygen")
    key = tmp_path / "key"
    assert run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key), cwd=tmp_path).returncode == 0
    for name, value in (("gpg.format", "ssh"), ("user.signingkey", str(key)), ("log.showSignature", "true")):
        git(shop.folder, "config", name, value)
    handed_in(shop)
    git(shop.folder, "config", "commit.gpgsign", "true")
    shop.does("complete", "auth")
    assert "-----BEGIN SSH SIGNATURE-----" in git(shop.folder, "cat-file", "commit", "atlas/integration")
    assert shop.does("receipts", "verify")["checked"] == 1


def test_without_a_usable_key_nothing_lands(shop: Project) -> None:
    handed_in(shop)
    sign_with(shop, "false")
    before = git(shop.folder, "rev-parse", "atlas/integration")
    done = shop.run("complete", "auth")
    assert (done.returncode, "could not be signed, so nothing landed" in done.stderr) == (1, True)
    assert git(shop.folder, "rev-parse", "atlas/integration") == before
    git(shop.folder, "config", "commit.gpgsign", "false")
    shop.does("complete", "auth")


def test_a_signature_that_never_comes_is_not_waited_for(
    shop: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed_in(shop)
    waits = f"#!/bin/sh\n(: </dev/tty) 2>&1 && echo >{tmp_path}/terminal\necho $$ >{tmp_path}/pid\nexec sleep 600\n"
    (tmp_path / "waits").write_text(waits, "utf-8")
    (tmp_path / "waits").chmod(0o755)
    sign_with(shop, str(tmp_path / "waits"))
    monkeypatch.setattr(landing, "SIGNING_SECONDS", 0.5)
    with pytest.raises(AtlasError, match="could not be signed, so nothing landed"):
        complete_module(context_at(str(shop.folder)), "auth", Demand())
    assert shop.module("auth")["status"] == "pending_verification"
    pid = tmp_path / "pid"  # not there when it was ended before it wrote that
    wait_for(lambda: not pid.exists() or process_birth(int(pid.read_text("utf-8"))) is None)
    assert not (tmp_path / "terminal").exists()
