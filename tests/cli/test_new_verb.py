"""A verb is written in one place: a row, a module in `cli/` and a service are all that a new one needs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support import ROOT, make_repository, run

ROW = """\
    Verb("praise", "atlas_praise_agent.py", LEADERS, "say that something was done well",
         'atlas praise implementer-1 "A clean cut"',
         Slash("Say that an agent of the ATLAS orchestration did well", "AGENT TEXT", shown=True)),
"""
MODULE = '''\
"""Say that something was done well.

It changes nothing.
Exit codes: 0 said; 1 there is nothing to say
"""

from __future__ import annotations

import argparse

from atlas.services.messages.praise import Praise, praise_agent

from .outcome import Outcome


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("agent_id", metavar="agent-id", help="who did well")
    parser.add_argument("text", metavar="TEXT", nargs="+", help="in which way")


def run(args: argparse.Namespace) -> Outcome[Praise]:
    """Do it."""
    result = praise_agent(args.agent_id, " ".join(args.text))
    return Outcome(result, f"{result['agent']}: {result['text']}")
'''
SERVICE = '''\
"""Praise."""

from __future__ import annotations

from typing import TypedDict


class Praise(TypedDict):
    """What is said to whom."""

    agent: str
    text: str


def praise_agent(agent: str, text: str) -> Praise:
    """What is said to whom."""
    return {"agent": agent, "text": text}
'''
BEFORE = "    Verb("
"""The table's first row: a new one may stand anywhere."""
PARTS = (".claude-plugin", "agents", "bin", "commands", "docs", "hooks", "schemas", "scripts", "skills", "tests")
ROLES = """\
from atlas.core.rules.roles import require_permission
require_permission({"role": "worker", "agent": "anna", "session": None}, "praise")
"""
GUARD = """\
import pathlib, sys
from tests.guard.scene import make_scene
scene = make_scene(pathlib.Path(sys.argv[1]))
print(*[scene.runs(role, command) or "free" for role in ("worker", "executing") for command in sys.argv[2:]], sep=", ")
"""


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the plugin with one verb more."""
    root = tmp_path_factory.mktemp("scratch") / "plugin"
    for part in PARTS:
        shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("README.md", "Makefile", "pyproject.toml"):
        shutil.copy(ROOT / part, root)
    table = root / "scripts/atlas/core/verbs.py"
    before, first, after = table.read_text(encoding="utf-8").partition(BEFORE)
    table.write_text(before + ROW + first + after, encoding="utf-8")
    (root / "scripts/atlas/cli/praise.py").write_text(MODULE, encoding="utf-8")
    (root / "scripts/atlas/services/messages/praise.py").write_text(SERVICE, encoding="utf-8")
    done = in_copy(root, "-m", "tests.generate")
    assert (done.returncode, done.stderr) == (0, "")
    assert set(done.stdout.split()) == {
        *("scripts/atlas_praise_agent.py", "commands/atlas-praise.md", "docs/commands.md", "docs/state.md"),
        "docs/architecture.md",  # one file more in two rooms
        "schemas/results/praise.schema.json",
    }
    return root


def run_tests(plugin: Path, *tests: str) -> subprocess.CompletedProcess[str]:
    """Run tests of the copy there. It finds ATLAS's packages where this run has them."""
    packages = plugin / ".pytest_cache/d/xdg-data"
    packages.parent.mkdir(parents=True, exist_ok=True)
    if not packages.exists():
        packages.symlink_to(os.environ["XDG_DATA_HOME"])
    return in_copy(plugin, "-m", "pytest", "-q", *tests)


def in_copy(plugin: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the development's Python in the copy."""
    return run(sys.executable, *words, cwd=plugin, env={"PYTHONPATH": f"{plugin}:{plugin / 'scripts'}"})


@pytest.mark.parametrize("door", [("bin/atlas", "praise"), ("scripts/atlas_praise_agent.py",)])
def test_its_doors_run(plugin: Path, door: tuple[str, ...]) -> None:
    path, *verb = door
    done = run(plugin / path, *verb, "anna", "good", "--json")
    assert json.loads(done.stdout)["result"] == {"agent": "anna", "text": "good"}
    assert run(plugin / path, *verb, "anna").returncode == 1


def test_it_is_in_the_help(plugin: Path) -> None:
    assert "\n  praise " in run(plugin / "bin/atlas", "--help").stdout


def test_roles_and_guard_refuse_it_to_a_worker(plugin: Path, tmp_path: Path) -> None:
    assert "anna may not use 'praise'" in in_copy(plugin, "-c", ROLES).stderr
    done = in_copy(plugin, "-c", GUARD, tmp_path, "atlas praise x y", "python3 p/atlas_praise_agent.py x y")
    assert (done.stdout, done.stderr) == ("verbs deny, verbs deny, free, free\n", "")


def test_its_slash_command_runs_and_is_shown(plugin: Path, tmp_path: Path) -> None:
    make_repository(tmp_path)
    event = {"session_id": "s", "cwd": str(tmp_path), "command_name": "atlas-praise", "command_args": 'anna "good; ls"'}
    event = {**event, "hook_event_name": "UserPromptExpansion"}
    hooks: dict[str, Any] = json.loads((plugin / "hooks/hooks.json").read_text(encoding="utf-8"))["hooks"]
    command = hooks["UserPromptExpansion"][0]["hooks"][0]["command"]
    done = run("/bin/sh", "-c", command, env={"CLAUDE_PLUGIN_ROOT": str(plugin)}, cwd=tmp_path, stdin=json.dumps(event))
    assert json.loads(done.stdout) == {"continue": False, "stopReason": '/atlas-praise anna "good; ls"\nanna: good; ls'}


def test_the_checks_of_what_is_made_and_of_what_is_told_pass(plugin: Path) -> None:
    tests = (
        "tests/test_generated.py",
        "tests/cli/test_verb_table.py",
        "tests/test_docs.py::test_every_argument_and_exit_code_of_a_verb_is_described[praise]",
        "tests/test_docs.py::test_every_heading_of_the_commands_page_is_a_verb",
        "tests/test_command_texts.py::test_a_command_is_known_by_its_short_name_and_leads_to_its_verb[praise]",
    )
    done = run_tests(plugin, *tests)
    assert done.returncode == 0, done.stdout


def test_a_door_that_no_row_makes_is_found(plugin: Path) -> None:
    stray = plugin / "scripts/atlas_stray.py"
    shutil.copy(plugin / "scripts/atlas_praise_agent.py", stray)
    try:
        done = run_tests(plugin, "tests/test_generated.py")
    finally:
        os.unlink(stray)
    assert done.returncode == 1
    assert "scripts/atlas_stray.py" in done.stdout
