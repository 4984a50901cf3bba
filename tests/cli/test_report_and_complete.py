"""`atlas_report.py` and `atlas_complete_module.py`: what an agent says, and what ATLAS itself sees."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import script_of
from tests.kit.project import Project, the_line
from tests.kit.state import history_of
from tests.support import PYTHON, git, run, wait_for
from tests.unchanged import others_at_work

# Reports.


@pytest.mark.parametrize(
    ("kind", "module", "assignment"),
    [
        ("started", "in_progress", "in_progress"),
        ("progress", "in_progress", "in_progress"),
        ("blocked", "blocked", "blocked"),
        ("done", "pending_verification", "reported"),
    ],
)
def test_a_report_moves_module_and_assignment(kind: str, module: str, assignment: str, executing: Project) -> None:
    executing.does("assign", "docs", "implementer-1")
    result = executing.does("report", "docs", kind, "--text", "in my words")
    assert (result["report"], result["status"], result["agent"]) == (kind, module, "implementer-1")
    assert executing.module("docs")["status"] == module
    live = executing.assignment("docs")
    assert live["status"] == assignment
    (report,) = live["reports"]
    assert (report["kind"], report["text"], report["by"]) == (kind, "in my words", "person")


def test_the_same_report_again_changes_nothing(executing: Project) -> None:
    executing.does("assign", "docs", "implementer-1")
    executing.does("report", "docs", "progress", "--text", "half")
    before = history_of(executing.folder).read_bytes()
    executing.does("report", "docs", "progress", "--text", "half")
    assert history_of(executing.folder).read_bytes() == before
    executing.does("report", "docs", "progress", "--text", "more")
    executing.does("report", "docs", "progress", "--text", "half")
    assert [report["text"] for report in executing.assignment("docs")["reports"]] == ["half", "more", "half"]


def test_work_may_go_on_after_a_report(executing: Project) -> None:
    executing.does("assign", "docs", "implementer-1")
    for kind, status in (("blocked", "blocked"), ("started", "in_progress"), ("done", "pending_verification")):
        executing.does("report", "docs", kind, "--text", "t")
        assert executing.module("docs")["status"] == status
    executing.does("report", "docs", "progress")
    assert executing.module("docs")["status"] == "in_progress"


def test_reports_that_are_refused(executing: Project) -> None:
    assert "nobody has it, assign it first" in executing.refuses("report", "docs", "started")
    assert "'nothing' not found" in executing.refuses("report", "nothing", "started")
    executing.does("assign", "docs", "implementer-1")
    for text in ([], ["--text", ""], ["--text", " "]):
        assert "say what blocks the work" in executing.refuses("report", "docs", "blocked", *text)
    executing.hand_in("docs")
    executing.does("complete", "docs", "--reason", "read it")
    assert "docs is complete" in executing.refuses("report", "docs", "progress")


# Completion.


def with_check(project: Project, command: str, agent: str = "dev-alice", **variables: object) -> str:
    """Give `docs` to an agent with one more check; returns the commit that is checked out.

    A person works in the project itself.
    """
    for name, value in variables.items():
        command = command.replace(name, f"'{value}'")
    project.does("modify", "modify", "docs", "--check", command)
    if project.module("docs")["status"] == "pending":
        project.does("assign", "docs", agent)
    return git(project.folder, "rev-parse", "HEAD")


def test_atlas_runs_the_checks_and_records_what_it_saw(executing: Project) -> None:
    with_check(executing, "echo first; pwd")
    commit = with_check(executing, "printf 'caf\\351 \\033[31m'; test 1 = 1")
    result = executing.does("complete", "docs")
    assert (result["passed"], result["all_complete"]) == (True, False)
    module = executing.module("docs")
    (evidence,) = module["evidence"]
    assert evidence == result["evidence"]
    assert (module["status"], module["task_uuid"], module["assigned_to"]) == ("complete", None, "dev-alice")
    assert (evidence["commit"], evidence["passed"], evidence["reason"]) == (commit, True, None)
    assert [check["exit_code"] for check in evidence["checks"]] == [0, 0]
    first, where = evidence["checks"][0]["output_tail"].splitlines()
    assert (first, Path(where).name) == ("first", executing.folder.name)
    assert executing.folder not in (Path(where), *Path(where).parents)
    assert evidence["checks"][1]["output_tail"].startswith("caf\N{REPLACEMENT CHARACTER}")
    assert evidence["checks"][0]["seconds"] >= 0
    (assignment,) = executing.records("assignments").values()
    assert assignment["status"] == "complete"
    assert assignment["ended_at"]


def test_a_report_of_done_is_not_completion(executing: Project) -> None:
    with_check(executing, "false")
    executing.does("report", "docs", "done", "--text", "All checks passed, trust me")
    assert executing.module("docs")["status"] == "pending_verification"
    assert executing.does("complete", "docs", code=2)["passed"] is False


def test_done_may_be_said_again_after_it_was_found_wrong(executing: Project) -> None:
    with_check(executing, "false")
    executing.does("report", "docs", "done")
    executing.does("complete", "docs", code=2)
    assert executing.module("docs")["status"] == "in_progress"
    executing.does("report", "docs", "done")
    executing.does("report", "docs", "done")
    assert executing.module("docs")["status"] == "pending_verification"
    assert len(executing.assignment("docs")["reports"]) == 2


def test_a_failing_check_is_2_recorded_and_told_to_the_agent(executing: Project) -> None:
    commit = with_check(executing, "echo what went wrong >&2; exit 3", "implementer-1")
    executing.hand_in("docs")
    commit = git(executing.folder / ".claude" / "worktrees" / "docs", "rev-parse", "HEAD")
    task = executing.assignment("docs")["task_uuid"]
    done = executing.run("complete", "docs")
    assert (done.returncode, done.stderr) == (2, "")
    merged = f"(commit {commit[:12]} merged with atlas/integration)"
    assert done.stdout.startswith(f"docs is not complete: a check failed, as it does on the base {merged}\n")
    assert "exit code 3" in done.stdout
    assert "| what went wrong" in done.stdout
    module = executing.module("docs")
    assert (module["status"], module["verification_loops"]) == ("in_progress", 1)
    (evidence,) = module["evidence"]
    assert (evidence["passed"], evidence["checks"][0]["exit_code"]) == (False, 3)
    told = executing.mail("implementer-1")[-1]
    assert (told["task_uuid"], told["priority"]) == (task, "high")
    ran = "echo what went wrong >&2; exit 3: failed, as on the base, exit code 3"
    for part in (ran, "| what went wrong", "atlas report docs done"):
        assert part in told["body"]
    assert "has not reported docs done, it is in_progress" in executing.refuses("complete", "docs")
    executing.does("report", "docs", "done")
    assert executing.does("complete", "docs", code=2)["passed"] is False
    assert executing.module("docs")["verification_loops"] == 2


def test_every_check_must_pass_and_every_one_runs(executing: Project) -> None:
    with_check(executing, "exit 1")
    with_check(executing, "true")
    assert [c["exit_code"] for c in executing.does("complete", "docs", code=2)["evidence"]["checks"]] == [1, 0]


def test_what_failed_can_be_mended_and_completed(executing: Project) -> None:
    executing.does("assign", "auth-core", "dev-alice")
    executing.does("complete", "auth-core", code=2)
    commit = executing.commit("core.txt")
    result = executing.does("complete", "auth-core")
    assert result["evidence"]["commit"] == commit
    assert [evidence["passed"] for evidence in executing.module("auth-core")["evidence"]] == [False, True]


@pytest.mark.parametrize("command", ["echo x >> README.md", "echo x >> README.md; git add README.md"])
def test_a_dirty_project_is_refused_and_no_check_runs(command: str, executing: Project, tmp_path: Path) -> None:
    with_check(executing, "touch RAN", RAN=tmp_path / "ran")
    assert run("sh", "-c", command, cwd=executing.folder).returncode == 0
    line = executing.refuses("complete", "docs")
    assert "has uncommitted changes (" in line
    assert "commit or stash them first" in line
    assert not (tmp_path / "ran").exists()
    git(executing.folder, "stash", "--quiet", "--include-untracked")
    executing.does("complete", "docs")


def test_what_checks_leave_untracked_does_not_matter_and_nothing_of_it_gets_into_the_project(
    executing: Project,
) -> None:
    (executing.folder / "notes.txt").write_text("mine\n", "utf-8")
    with_check(executing, "test ! -e notes.txt && mkdir cache && touch cache/x")
    assert executing.does("complete", "docs")["untracked"] == ["notes.txt"]
    assert git(executing.folder, "status", "--porcelain") == "?? notes.txt"


@pytest.mark.parametrize(
    ("command", "left"),
    [("git commit --quiet --allow-empty --message=other", "HEAD"), ("echo x >> README.md", "README.md")],
)
def test_a_check_that_changes_what_it_checks_has_failed(command: str, left: str, executing: Project) -> None:
    with_check(executing, command)
    (check,) = executing.does("complete", "docs", code=2)["evidence"]["checks"]
    assert (check["exit_code"], check["outcome"]) == (0, "fails_on_base")
    assert f"it left {left} changed" in check["why"]


def test_a_module_changed_meanwhile_is_not_what_was_checked(executing: Project) -> None:
    change = "cd FOLDER && PYTHON SCRIPT modify docs --check false"
    with_check(executing, change, FOLDER=executing.folder, PYTHON=PYTHON, SCRIPT=script_of("modify"))
    with others_at_work("a check changes the module"):
        assert "was changed while its checks ran" in the_line(executing.run("complete", "docs"))
    assert executing.module("docs")["status"] == "assigned"


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.parametrize("waits", [True, False])
def test_a_check_ends_with_all_that_it_started(waits: bool, executing: Project, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    script = "sleep 600 & echo $! > PIDS; (trap '' TERM HUP; sleep 600) & echo $! >> PIDS; "
    with_check(executing, script + ("wait" if waits else "true"), "implementer-1", PIDS=pids)
    executing.hand_in("docs")
    result = executing.does("complete", "docs", "--timeout", "1", code=2 if waits else 0)
    (check,) = result["evidence"]["checks"]
    assert check["exit_code"] == (None if waits else 0)
    first, second = map(int, pids.read_text("utf-8").split())
    wait_for(lambda: not alive(first) and not alive(second))
    if waits:
        assert "could not run" in executing.mail("implementer-1")[-1]["body"]


def test_each_check_has_its_own_time(executing: Project) -> None:
    with_check(executing, "sleep 600")
    with_check(executing, "true")
    done = executing.run("complete", "docs", "--timeout", "0.5")
    assert done.returncode == 2
    assert "sleep 600: could not run, no exit code" in done.stdout
    assert "true: passed, exit code 0" in done.stdout


def test_a_check_that_floods_the_disk_is_stopped_long_before_its_time(executing: Project) -> None:
    with_check(executing, "yes | head -c 100000000; sleep 600")
    (check,) = executing.does("complete", "docs", "--timeout", "60", code=2)["evidence"]["checks"]
    assert (check["exit_code"], check["output_tail"][-4:]) == (None, "y\ny\n")
    assert check["seconds"] < 60


def test_a_flood_of_output_is_cut_to_its_end_and_no_check_reads_the_terminal(executing: Project) -> None:
    with_check(executing, "head -c 5000000 /dev/zero | tr '\\0' x; echo; echo the end; cat; exit 1")
    (check,) = executing.does("complete", "docs", code=2)["evidence"]["checks"]
    assert check["output_tail"].endswith("x\nthe end\n")
    assert len(check["output_tail"]) <= 4000


def test_a_module_without_checks_needs_a_reason(executing: Project) -> None:
    executing.does("assign", "docs", "dev-alice")
    for reason in ([], ["--reason", ""], ["--reason", " \n"]):
        assert "docs has no checks: say with --reason" in executing.refuses("complete", "docs", *reason)
    assert "at most 4000" in executing.refuses("complete", "docs", "--reason", "x" * 4001)
    result = executing.does("complete", "docs", "--reason", " I read every page ")
    assert result["evidence"]["reason"] == "I read every page"
    assert result["evidence"]["checks"] == []


def test_a_reason_is_no_substitute_for_checks(executing: Project) -> None:
    with_check(executing, "false")
    assert executing.does("complete", "docs", "--reason", "It works", code=2)["evidence"]["reason"] == "It works"
    assert executing.does("complete", "docs", "--reason", "", code=2)["evidence"]["reason"] is None


def test_what_cannot_be_completed(executing: Project) -> None:
    assert "nobody has it" in executing.refuses("complete", "docs", "--reason", "R")
    assert "'nothing' not found" in executing.refuses("complete", "nothing")
    executing.does("assign", "docs", "implementer-1")
    executing.hand_in("docs")
    executing.does("complete", "docs", "--reason", "R")
    assert executing.refuses("complete", "docs", "--reason", "R") == "docs is complete"


def test_a_person_is_not_messaged_when_a_check_fails(executing: Project) -> None:
    executing.does("assign", "auth-core", "dev-alice")
    executing.does("complete", "auth-core", code=2)
    assert executing.records("messages") == {}
