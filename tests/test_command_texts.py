"""The texts of commands and skills: found by their names, and true to the verbs that they name."""

from __future__ import annotations

import argparse
import importlib
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from atlas.core.verbs import VERBS
from tests.kit.stub_plugin import ACTED_ON, REPORTING

from .support import ROOT


def parts(file: Path) -> tuple[dict[str, Any], str]:
    """A command's front matter and body."""
    _, front, body = file.read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(front), body


def test_every_verb_that_people_type_has_a_command() -> None:
    files = {file.stem for file in (ROOT / "commands").iterdir()}
    assert files == {f"atlas-{verb}" for verb in (*REPORTING, *ACTED_ON)}


@pytest.mark.parametrize("verb", [*REPORTING, *ACTED_ON])
def test_a_command_is_known_by_its_short_name_and_leads_to_its_verb(verb: str) -> None:
    front, body = parts(ROOT / f"commands/atlas-{verb}.md")
    assert front["name"] == f"atlas-{verb}"
    assert set(front) - {"argument-hint"} == {
        "name",
        "description",
        *(["disable-model-invocation"] * (verb == "pause")),
    }
    assert f"\n    atlas {verb}" in body
    assert body.count("$ARGUMENTS") == 1
    assert "- 0: " in body
    assert "!`" not in body
    assert "```" not in body


@pytest.mark.parametrize("skill", ["leading", "working"])
def test_a_skill_is_found_by_its_folders_name(skill: str) -> None:
    front, _ = parts(ROOT / f"skills/{skill}/SKILL.md")
    assert set(front) == {"name", "description"}
    assert front["name"] == skill


@pytest.mark.parametrize(
    "file",
    [*ROOT.glob("commands/*.md"), *ROOT.glob("skills/*/SKILL.md")],
    ids=lambda file: f"{file.parent.name}/{file.stem}",
)
def test_what_a_model_is_told_to_run_exists(file: Path) -> None:
    text = re.sub(r"\n +\[", " [", file.read_text(encoding="utf-8"))
    named = re.findall(r"`atlas ([a-z][^`]*)`|^ {4,}atlas (.*)$", text, re.MULTILINE)
    assert named
    for verb, *words in (call.split() for call in map("".join, named)):
        unknown = set(re.findall(r"--[a-z-]+", " ".join(words))) - options_of(verb)
        assert not unknown, f"atlas {verb}"


def options_of(verb: str) -> set[str]:
    """All options of a verb, whichever of its actions they belong to."""
    parser = argparse.ArgumentParser()
    importlib.import_module(f"atlas.cli.{VERBS[verb].module}").configure(parser)
    actions = parser._actions
    for action in [each for each in actions if isinstance(each, argparse._SubParsersAction)]:
        actions = [*actions, *(each for sub in action.choices.values() for each in sub._actions)]
    return {option for action in actions for option in action.option_strings} | {"--json"}
