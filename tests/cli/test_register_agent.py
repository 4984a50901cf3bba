"""`atlas_register_agent.py` (2.3)."""

from __future__ import annotations

import pytest

from tests.kit.project import Project, front_matter
from tests.kit.state import history_of


def test_the_documented_forms(executing: Project) -> None:
    result = executing.does("register", "ai", "helper-agent-rust")
    agent = result["agent"]
    assert (agent["id"], agent["type"], agent["identifier"]) == ("implementer-3", "ai", "helper-agent-rust")
    assert (result["created"], agent["last_seen"]) == (True, None)
    person = executing.does("register", "human", "Bob-The-Builder")["agent"]
    assert (person["id"], person["type"]) == ("bob-the-builder", "human")
    agents = front_matter(executing.exec_file)["registered_agents"]
    assert agents["ai_agents"][-1]["session_name"] == "helper-agent-rust"
    assert agents["human_developers"][-1]["github_username"] == "Bob-The-Builder"


def test_a_session_is_accepted_before_it_was_seen_and_the_text_says_so(executing: Project) -> None:
    assert "(not seen yet)" in executing.run("register", "ai", "nobody-ever-saw-me").stdout


def test_the_same_again_changes_nothing(executing: Project) -> None:
    before = history_of(executing.folder).read_bytes()
    again = executing.does("register", "ai", "helper-agent-generic")
    assert (again["created"], again["agent"]["id"]) == (False, "implementer-1")
    assert executing.does("register", "human", "dev-alice")["created"] is False
    assert history_of(executing.folder).read_bytes() == before


def test_a_chosen_id(executing: Project) -> None:
    assert executing.does("register", "ai", "s", "--id", "parser-writer")["agent"]["id"] == "parser-writer"
    assert executing.does("register", "ai", "s", "--id", "parser-writer")["created"] is False
    assert "is registered already, as parser-writer" in executing.refuses("register", "ai", "s", "--id", "other")


def test_an_id_is_unique_across_both_kinds(executing: Project) -> None:
    for arguments in (
        ["ai", "s", "--id", "dev-alice"],
        ["human", "bob", "--id", "implementer-1"],
        ["human", "implementer-1"],
        ["human", "Dev Alice"],
        ["ai", "s", "--id", "lead"],
        ["human", "lead"],
    ):
        assert "is taken: choose another with --id" in executing.refuses("register", *arguments)


def test_made_up_ids_pass_over_chosen_ones(executing: Project) -> None:
    executing.does("register", "human", "someone", "--id", "implementer-3")
    assert executing.does("register", "ai", "s")["agent"]["id"] == "implementer-4"


@pytest.mark.parametrize("kind", ["robot", "AI", "", "-", "Human"])
def test_an_invalid_type_is_1(kind: str, executing: Project) -> None:
    line = executing.refuses("register", kind, "somebody")
    assert "use 'ai' or 'human'" in line


@pytest.mark.parametrize("identifier", [" padded ", "a\nb", "a\tb", "x\x1b[31m", "x" * 201])
def test_an_invalid_identifier_is_1(identifier: str, executing: Project) -> None:
    for kind in ("ai", "human"):
        assert "identifier" in executing.refuses("register", kind, identifier)


@pytest.mark.parametrize("chosen", ["Upper", "with space", "../up", "", "-dash", "日本", "x" * 65])
def test_an_invalid_id_is_1(chosen: str, executing: Project) -> None:
    assert "is not an identifier" in executing.refuses("register", "ai", "s", f"--id={chosen}")


def test_nobody_is_registered_outside_the_orchestration_phase(planning: Project) -> None:
    assert "not in the orchestration phase" in planning.refuses("register", "ai", "s")
