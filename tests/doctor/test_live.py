"""`atlas doctor --live`: the canaries tell whether the real hook commands hold, and leave nothing behind."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from atlas.services.doctor.client import client_findings
from tests.conftest import Atlas
from tests.kit.state import snapshot
from tests.support import PYTHON, ROOT, run

from .damage import doctor

NAMES = (
    "a session without a role, here",
    "a session without a role, beside an orchestration",
    "the lead writes to the state",
    "the lead writes source itself",
    "the lead ends its turn with work left",
    "a worker writes before it may",
    "a worker writes in its workspace",
    "a worker writes outside its workspace",
    "a worker writes to the state",
    "a worker pushes by force",
    "a worker uses a verb of the lead's",
    "a worker ends its turn with work left",
    "a worker's call when Python dies",
    "a worker's call while an interrupt waits",
    "the same by the workspace's own monitor",
)


@pytest.fixture
def temp(tmp_path: Path) -> dict[str, str]:
    """A folder for temporary files, to see what stays there."""
    (tmp_path / "temp").mkdir()
    return {"TMPDIR": str(tmp_path / "temp")}


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """A copy of the plugin, to be broken."""
    copy = tmp_path / "a plugin"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".*", "tests", "bench", "__pycache__"))
    shutil.copytree(ROOT / ".claude-plugin", copy / ".claude-plugin")
    return copy


def canaries(result: dict[str, Any]) -> dict[str, str]:
    """The level of each canary by its name, which is what stands before the colon."""
    found = [(f["level"], f["what"]) for f in result["findings"] if f["about"] == "live"]
    return {what.removeprefix("FAILED ").partition(":")[0]: level for level, what in found}


def tried(plugin: Path, folder: Path, env: dict[str, str]) -> tuple[dict[str, str], str]:
    """What the canaries of another copy of the plugin say, and the output as text."""
    done = run(PYTHON, plugin / "scripts/atlas_doctor.py", "--live", "--json", cwd=folder, env=env, timeout=120)
    assert done.stderr == ""
    result = json.loads(done.stdout)["result"]
    assert (done.returncode == 0) is (result["problems"] == 0)
    return canaries(result), done.stdout


def test_the_hooks_hold(atlas: Atlas, begun: Path, temp: dict[str, str]) -> None:
    before = snapshot(begun)
    result = doctor(atlas, "--live", env=temp)
    found = canaries(result)
    assert {name for name, level in found.items() if level != "ok"} == set()
    assert found.keys() >= set(NAMES)
    assert result["problems"] == 0
    assert snapshot(begun) == before
    assert os.listdir(temp["TMPDIR"]) == []


def test_without_a_project(atlas: Atlas, tmp_path: Path, temp: dict[str, str]) -> None:
    found = canaries(doctor(atlas, "--live", cwd=tmp_path, env=temp))
    assert set(found.values()) == {"ok"}
    assert NAMES[0] not in found
    assert set(NAMES[1:]) <= found.keys()


def test_gates_that_do_not_hold(plugin: Path, begun: Path, temp: dict[str, str]) -> None:
    """A gate that crashes and says nothing of it, as if the answer for a dead Python were not there."""
    (plugin / "hooks/run.sh").write_text("exit 0\n")
    found, _ = tried(plugin, begun, temp)
    failed = {name for name, level in found.items() if level == "problem"}
    assert failed == set(NAMES[2:]) - {"a worker writes in its workspace", "the same by the workspace's own monitor"}


def test_gates_that_refuse_everybody(plugin: Path, begun: Path, temp: dict[str, str]) -> None:
    (plugin / "hooks/role.sh").write_text("echo no >&2; exit 2\n")
    found, _ = tried(plugin, begun, temp)
    assert {name for name, level in found.items() if level == "problem"} >= {NAMES[0], NAMES[1]}


def test_hooks_that_cannot_be_read(plugin: Path, begun: Path, temp: dict[str, str]) -> None:
    (plugin / "hooks/hooks.json").write_text("{")
    found, output = tried(plugin, begun, temp)
    assert list(found.values()) == ["problem"]
    assert "hooks.json holds no hooks" in output


def test_hooks_that_hang_are_left_behind_in_time(plugin: Path, begun: Path, temp: dict[str, str]) -> None:
    hooks = json.loads((plugin / "hooks/hooks.json").read_text())
    for groups in hooks["hooks"].values():
        for hook in (hook for group in groups for hook in group["hooks"]):
            hook.update(command="sleep 100 & sleep 100", timeout=0.1)
    (plugin / "hooks/hooks.json").write_text(json.dumps(hooks))
    found, output = tried(plugin, begun, temp)
    assert found["a worker pushes by force"] == "problem"
    assert "nothing within" in output
    assert os.listdir(temp["TMPDIR"]) == []


# What hooks depend on


def client(folder: Path) -> list[str]:
    return [f"{found['level']} {found['about']}: {found['what']}" for found in client_findings(str(folder))]


@pytest.mark.parametrize("where", ["user", "project", "local"])
@pytest.mark.parametrize(
    ("text", "off"), [('{"disableAllHooks": true}', True), ('{"disableAllHooks": false}', False), ("{", False)]
)
def test_settings_that_switch_hooks_off(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, text: str, off: bool
) -> None:
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", str(tmp_path / "config"))
    files = {"user": tmp_path / "config/settings.json", "project": repo / ".claude/settings.json"}
    file = files.get(where, repo / ".claude/settings.local.json")
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    line = f"problem hooks: disableAllHooks is set in {file}: no gate holds"
    assert (line in client(repo)) is off
    assert ("ok hooks: no settings of the client switch them off" in client(repo)) is not off
    assert file.read_text() == text


def test_the_heartbeat_of_the_session_that_asks(begun: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def said() -> str:
        (line,) = [line for line in client(begun) if "this session" in line]
        return line

    assert not any("this session" in line for line in client(begun)), "a terminal is no session"
    monkeypatch.setenv("CLAUDE_CODE_SESSION_ID", "somebody")
    assert said().startswith("ok this session: it has no role")
    monkeypatch.setenv("CLAUDE_CODE_SESSION_ID", "lead-1")
    assert said().startswith("problem this session: it has a role, and no hook has ever run")
    heartbeat = begun / ".git/atlas/gates/heartbeats/lead-1"
    heartbeat.parent.mkdir(parents=True, exist_ok=True)
    heartbeat.touch()
    assert said().startswith("ok this session: hooks ran in it at")
    os.utime(heartbeat, (1_700_000_000, 1_700_000_000))
    assert said().startswith("problem this session: hooks ran in it at 2023-")


def test_the_python_that_hooks_get(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    old = f"{folder}:{os.environ['PATH']}"
    assert client(repo)[0].startswith("ok hooks' Python: 3.")
    monkeypatch.setenv("PATH", old)
    for name, answer in (("python3", "3.9.1"), ("python", "3.10.0")):
        (folder / name).write_text(f"#!/bin/sh\necho {answer}\n")
        (folder / name).chmod(0o755)
    assert client(repo)[0] == f"ok hooks' Python: 3.10.0, {folder}/python"
    (folder / "python").write_text("#!/bin/sh\nexit 1\n")
    assert client(repo)[0].startswith("problem hooks' Python: no Python 3.10 or newer works")


def test_the_client_on_path(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client(repo)[1].startswith("warning client: claude is not on PATH")
    (tmp_path / "claude").write_text("#!/bin/sh\n")
    (tmp_path / "claude").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert client(repo)[1] == f"ok client: {tmp_path}/claude"
