"""A review in the real client: the lead starts its reviewer, whose word counts, and its own does not."""

from __future__ import annotations

from pathlib import Path

from tests.kit.places import handed_in
from tests.kit.project import Project
from tests.kit.team import LEAD

from .conftest import ModelFactory
from .model import Block, bash, tool
from .sandbox import Sandbox

PROMPT = "Review auth: begin with `atlas review auth`."
BEGUN = [
    ["plan", "Build a shop"],
    ["requirement", "add", "--name", "auth", "--criteria", "People log in", "--check", "test -f auth.txt"],
    ["approve"],
    ["start"],
    ["register", "ai", "first"],
    ["settings", "review.rounds", "1"],
]


def reviewer() -> Block:
    return tool("Agent", description="Review", prompt=PROMPT, subagent_type="atlas:reviewer", run_in_background=False)


def test_what_passed_lands_when_the_reviewer_has_recorded_its_review(
    sandbox: Sandbox, scripted: ModelFactory, repo: Path, plugin_copy: Path
) -> None:
    project = Project(repo)
    project.walk(BEGUN)
    handed_in(project)
    project.does("lead", session=LEAD)
    recording = bash("atlas review auth --met 'c1=auth.txt:1 it says so'")
    model = scripted(bash("atlas complete auth"), recording, reviewer(), bash("atlas complete auth"), "Done.")
    model.route(lambda request: PROMPT in request.opening, bash("atlas review auth"), recording, "All is met.")
    run = sandbox.run_print("Go", model=model, cwd=repo, plugin_dirs=[plugin_copy], extra_args=("--session-id", LEAD))

    assert run.result == "Done."
    told = [result.text for request in model.requests for result in request.tool_results]
    waits, refused, shown, recorded, _, landed = told
    assert "waits for a review" in waits
    assert "who leads does not review" in refused
    assert "c1:\n| People log in" in shown
    assert "Recorded: review of auth" in recorded
    assert "auth is complete on commit" in landed
    (review,) = project.records("reviews").values()
    assert (review["by"], review["role"]) == ("reviewer", "lead")
    assert review["call"].startswith("toolu")
    assert project.workflow()["status"] == "complete"
