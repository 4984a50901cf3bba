"""What the supervisor of a session that runs without a terminal notes: it is done by ATLAS, at nobody's command."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from atlas.core.records.kinds import WORKSPACE
from atlas.core.records.workspace import new_process
from tests.conftest import script_of
from tests.kit.state import history_of
from tests.kit.team import LEAD, Team, make_team
from tests.support import PYTHON, wait_for

SESSION = "55555555-aaaa-4bbb-8ccc-000000000005"


def test_the_session_that_it_keeps_is_noted_by_atlas(repo: Path, tmp_path: Path) -> None:
    team = make_team(repo)
    client = tmp_path / "claude"
    event = json.dumps({"type": "system", "subtype": "init", "session_id": SESSION})
    client.write_text(f"#!/bin/sh\necho '{event}'\nread -r line && cat >/dev/null\n")
    client.chmod(0o755)
    command = [PYTHON, str(script_of("supervise")), "core-ws", "--client", str(client), "--prompt", "Begin"]
    process = subprocess.Popen(command, cwd=team.root, env={**os.environ, "CLAUDE_CODE_SESSION_ID": LEAD})
    try:
        fields = new_process(mode="headless", pid=process.pid, birth="1", started_at="2026-01-01T00:00:00Z", tmux=None)
        team.put(lambda tx: tx.patch(WORKSPACE, tx.need(WORKSPACE, "core-ws"), process=fields))
        wait_for(lambda: last_change(team)["verb"] == "supervise")
    finally:
        process.terminate()
        process.wait(timeout=20)
    entry = last_change(team)
    assert entry["actor"] == {"role": "atlas", "agent": None, "session": None}
    assert entry["records"]["workspace"]["core-ws"]["process"]["session"] == SESSION


def last_change(team: Team) -> Any:
    return json.loads(history_of(team.root).read_text("utf-8").splitlines()[-1])
