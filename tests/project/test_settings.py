"""What the rules come to is for a person to choose."""

from __future__ import annotations

import json

import pytest

from atlas.core.rules.verdicts import RULES, VERDICTS
from tests.kit.project import Project
from tests.kit.team import LEAD, Team


@pytest.fixture
def project(team: Team) -> Project:
    return Project(team.root)


def test_all_are_shown_with_what_holds_by_default(project: Project) -> None:
    shown = {key: value for key, value in project.does("settings")["settings"].items() if key.startswith("gate.")}
    assert shown == {f"gate.{rule}": default for rule, (default, _, _) in RULES.items()}
    project.does("settings", "gate.outside", "ask")
    (line,) = [line for line in project.run("settings").stdout.splitlines() if "gate.outside" in line]
    assert line.split(maxsplit=1) == ["gate.outside", "ask  (by default deny)"]
    assert sum("by default" in line for line in project.run("settings").stdout.splitlines()) == 1


@pytest.mark.parametrize("rule", RULES)
def test_one_is_chosen_kept_and_taken_away(project: Project, rule: str) -> None:
    for chosen in VERDICTS:
        assert project.does("settings", f"gate.{rule}", chosen)["settings"][f"gate.{rule}"] == chosen
        assert project.records("settings")["project"]["gates"] == {rule: chosen}
        assert project.does("settings", f"gate.{rule}", chosen)["changed"] is False
    project.does("settings", "workspace.setup", "make")
    assert project.records("settings")["project"]["gates"] == {rule: VERDICTS[-1]}
    project.does("settings", f"gate.{rule}", "--unset")
    assert project.records("settings")["project"]["gates"] == {}


@pytest.mark.parametrize(
    "arguments",
    [["gate.nothing", "off"], ["gate.state", "OFF"], ["gate.state", ""], ["gate.state", "ask", "off"], ["gate.state"]],
)
def test_what_is_no_choice_is_refused(project: Project, arguments: list[str]) -> None:
    line = project.refuses("settings", *arguments)
    assert "gate." in line


def test_what_checks_may_take_is_shown_kept_and_taken_away(project: Project) -> None:
    shown = {key: value for key, value in project.does("settings")["settings"].items() if key.startswith("checks.")}
    assert shown == {
        "checks.seconds": 600,
        "checks.output-mb": 64,
        "checks.disk-mb": 10_000,
        "checks.env": [],
        "checks.quarantine": [],
    }
    for key, values, kept in (
        ("checks.seconds", ["86400"], 86_400),
        ("checks.disk-mb", ["1000000"], 1_000_000),
        ("checks.env", ["NPM_TOKEN", "_x9", "NPM_TOKEN"], ["NPM_TOKEN", "_x9"]),
    ):
        assert project.does("settings", key, *values)["settings"][key] == kept
        assert project.does("settings")["settings"][key] == kept
        assert project.does("settings", key, "--unset")["settings"][key] == shown[key]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["checks.seconds", "0"], "a number of seconds from 1 to 86400"),
        (["checks.seconds", "1.5"], "a number of seconds from 1 to 86400"),
        (["checks.output-mb", "10001"], "a number of megabytes from 1 to 10000"),
        (["checks.disk-mb", "1000001"], "a number of megabytes from 1 to 1000000"),
        (["checks.disk-mb", "1", "2"], "has one value"),
        (["checks.env", "A", "B=1"], "names of variables"),
        (["checks.env", "*"], "names of variables"),
        (["checks.env", "ä"], "names of variables"),
        (["checks.env", ""], "names of variables"),
    ],
)
def test_what_checks_cannot_take_is_refused(project: Project, arguments: list[str], said: str) -> None:
    assert said in project.refuses("settings", *arguments)


def test_only_a_person_chooses(project: Project, team: Team) -> None:
    for form, key, value in (
        ("configure-gates", "gate.state", "off"),
        ("configure-workspaces", "workspace.setup", "make"),
        ("configure-workspaces", "workspace.link", "--unset"),
        ("configure-workspaces", "workspace.copy", "--unset"),
        ("configure-checks", "checks.seconds", "60"),
        ("configure-checks", "checks.output-mb", "--unset"),
        ("configure-checks", "checks.disk-mb", "1"),
        ("configure-checks", "checks.env", "NPM_TOKEN"),
    ):
        line = project.refuses("settings", key, value, session=LEAD)
        assert line.startswith(f"lead may not use '{form}'")
        assert line.endswith("ask the person to run it in a plain terminal")
    project.does("settings", "workspace.setup-seconds", "60", session=LEAD)


def test_hooks_learn_of_it_with_the_change(project: Project, team: Team) -> None:
    project.does("settings", "gate.delegate", "off")
    gates = [file for kind in ("sessions", "workspaces") for file in (team.atlas / "gates" / kind).iterdir()]
    assert len(gates) > 2
    assert all(json.loads(file.read_text())["rules"] == {"delegate": "off"} for file in gates)
