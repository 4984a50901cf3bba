"""The plugin as people get it: valid, installed from a folder and from git, and at work wherever it lies."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from .conftest import ModelFactory
from .model import bash
from .sandbox import Sandbox

MANIFESTS = (".claude-plugin/plugin.json", ".claude-plugin/marketplace.json")


@dataclass(frozen=True)
class Place:
    """A way to have the plugin: the sandbox to run in, with what arguments, and where the plugin then lies."""

    sandbox: Sandbox
    plugin_dirs: tuple[Path, ...]
    root: Path


@pytest.fixture(params=["--plugin-dir", "folder", "git"])
def place(request: pytest.FixtureRequest, sandbox: Sandbox, installed: Sandbox, plugin_copy: Path) -> Place:
    """Each way to have the plugin."""
    if request.param == "git":
        version = json.loads((plugin_copy / MANIFESTS[0]).read_text(encoding="utf-8"))["version"]
        return Place(installed, (), installed.config / "plugins" / "cache" / "atlas-tools" / "atlas" / version)
    if request.param == "folder":
        sandbox.install(plugin_copy)
        return Place(sandbox, (), plugin_copy)
    return Place(sandbox, (plugin_copy,), plugin_copy)


@pytest.mark.parametrize("target", [".", *MANIFESTS])
def test_strict_validation_is_clean(sandbox: Sandbox, plugin_copy: Path, target: str) -> None:
    done = sandbox.run("plugin", "validate", "--strict", plugin_copy / target)
    assert done.returncode == 0, done.stdout + done.stderr


def test_strict_validation_would_object(sandbox: Sandbox, tmp_path: Path) -> None:
    """Strictness is what the test above relies on: it refuses what plain validation only warns about."""
    manifest = tmp_path / MANIFESTS[0]
    manifest.parent.mkdir()
    manifest.write_text('{"name": "atlas"}', encoding="utf-8")
    assert sandbox.run("plugin", "validate", tmp_path).returncode == 0
    assert sandbox.run("plugin", "validate", "--strict", tmp_path).returncode == 1


def test_a_session_loads_the_plugin_whole(place: Place, scripted: ModelFactory, repo: Path) -> None:
    run = place.sandbox.run_print("Hello", model=scripted("Hi."), cwd=repo, plugin_dirs=place.plugin_dirs)
    init = run.events.init
    [plugin] = [plugin for plugin in init["plugins"] if plugin["name"] == "atlas"]
    assert Path(plugin["path"]) == place.root
    assert "plugin_errors" not in init
    commands = {f"atlas:{file.stem}" for file in (place.root / "commands").glob("*.md")}
    assert commands
    assert commands <= set(init["slash_commands"])
    hooks = [(hook["hook_event"], hook["exit_code"]) for hook in run.events.of("system", "hook_response")]
    assert ("SessionStart", 0) in hooks


def test_a_typed_command_and_the_model_reach_the_same_plan(place: Place, scripted: ModelFactory, repo: Path) -> None:
    model = scripted("Planned.")

    def say(words: str) -> str:
        return place.sandbox.run_print(words, model=model, cwd=repo, plugin_dirs=place.plugin_dirs).result

    assert say("/atlas-plan Ship it") == "Planned."
    assert "Ship it" in say("/atlas-plan-status")
    assert len(model.requests) == 1, "a report needs no model"
    model.then(bash("command -v atlas"), bash("atlas plan-status"), "Seen.")
    assert say("How is the plan?") == "Seen."
    found, status = (request.tool_results[0].text for request in model.requests[-2:])
    assert Path(found) == place.root / "bin" / "atlas"
    assert "Ship it" in status
