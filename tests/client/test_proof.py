"""Proofs in the real client: each false completion is told for what it is, and in the end everything is green."""

from __future__ import annotations

from pathlib import Path

from tests.kit.places import folder, work
from tests.kit.project import Project
from tests.kit.team import LEAD
from tests.support import git, run

from .conftest import ModelFactory
from .model import bash
from .sandbox import Sandbox

SEEN = "seen=$HOME/seen; test -e $seen || { touch $seen; false; }"
CHECKS = {
    "liar": "test -f made.txt",
    "flaky": f"grep -q steady flaky.txt || {{ {SEEN}; }}",
    "unable": "sh run-tests.sh",
    "names": "sh -c '. ./lib.sh && new_name'",
    "caller": "sh caller.sh",
}
LIB = "{0}() {{ true; }}\n"


def begin(project: Project) -> None:
    """Five agents have done their modules, each in its own way; that of `names` is fine."""
    (project.folder / "lib.sh").write_text(LIB.format("old_name"), "utf-8")
    (project.folder / ".gitignore").write_text("made.txt\n", "utf-8")
    git(project.folder, "add", "--all")
    git(project.folder, "commit", "--quiet", "--message=A library")
    project.does("plan", "Build a shop")
    for name, check in CHECKS.items():
        project.does("requirement", "add", "--name", name, "--criteria", "It works", "--check", check)
    project.walk([["approve", "--no-checks"], ["start"]])
    for name in CHECKS:
        project.does("register", "ai", f"session-{name}", "--id", name)
        project.does("assign", name, name)
    files = {
        "flaky": ("flaky.txt", "unsure\n"),
        "unable": ("run-tests.sh", "no-such-runner\n"),
        "names": ("lib.sh", LIB.format("new_name")),
        "caller": ("caller.sh", "grep -q old_name lib.sh\n"),
    }
    (folder(project, "liar") / "made.txt").write_text("made\n", "utf-8")
    for name in CHECKS:
        work(project, name, *files.get(name, ()))
        project.hand_in(name)


def mend(project: Project) -> None:
    """The agents mend what was found."""
    place = folder(project, "liar")
    git(place, "add", "--force", "made.txt")
    for name, file, text in (
        ("liar", "liar.txt", "with what it needs\n"),
        ("flaky", "flaky.txt", "steady\n"),
        ("unable", "run-tests.sh", "true\n"),
        ("caller", "caller.sh", "grep -q new_name lib.sh\n"),
    ):
        work(project, name, file, text)
        project.hand_in(name)


def test_each_is_told_for_what_it_is_and_the_end_is_green(
    sandbox: Sandbox, scripted: ModelFactory, repo: Path, plugin_copy: Path, tmp_path: Path
) -> None:
    project = Project(repo)
    begin(project)
    project.does("lead", session=LEAD)
    first = ["liar", "flaky", "unable", "names", "caller"]
    told = dict(zip(first, complete(sandbox, scripted, repo, plugin_copy, "--session-id", first), strict=True))
    said = {
        "liar": "a check failed",
        "flaky": "a check is flaky",
        "unable": "a check could not run",
        "names": "names is complete on commit",
        "caller": "a check failed",
    }
    for name, words in said.items():
        assert words in told[name]
        assert f"code {0 if 'is complete' in words else 2}" in told[name]
    mend(project)
    rest = ["liar", "flaky", "unable", "caller"]
    for outcome in complete(sandbox, scripted, repo, plugin_copy, "--resume", rest):
        assert "is complete on commit" in outcome
    assert project.workflow()["status"] == "complete"
    git(tmp_path, "clone", "--quiet", "--branch", "atlas/integration", str(repo), "fresh")
    for name, check in CHECKS.items():
        assert run("/bin/sh", "-c", check, cwd=tmp_path / "fresh").returncode == 0, name


def complete(
    sandbox: Sandbox, scripted: ModelFactory, repo: Path, plugin_copy: Path, option: str, names: list[str]
) -> list[str]:
    """What the lead's model is told when it completes these modules, one after the other, in one session."""
    model = scripted(*(bash(f"atlas complete {name}; echo code $?") for name in names), "Seen.")
    done = sandbox.run_print("Go on", model=model, cwd=repo, plugin_dirs=[plugin_copy], extra_args=(option, LEAD))
    assert done.result == "Seen."
    results = {result.tool_use_id: result.text for request in model.requests for result in request.tool_results}
    return list(results.values())[-len(names) :]
