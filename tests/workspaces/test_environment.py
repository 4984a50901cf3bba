"""The environment of what runs in a workspace: the agent's own run of the checks and ATLAS's have the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit.places import folder
from tests.kit.project import Project
from tests.support import run

CREDENTIALS = {"NPM_TOKEN": "n", "MY_TOKEN": "m", "SSH_AUTH_SOCK": "s", "GIT_AUTHOR_NAME": "Some Dev"}
SAYS = 'git rev-parse HEAD >/dev/null && echo "said: $NPM_TOKEN-$MY_TOKEN-$SSH_AUTH_SOCK-$GIT_AUTHOR_NAME"'


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


def said(output: str) -> str:
    """The line of the check's own."""
    (line,) = [line for line in output.splitlines() if line.startswith("said:")]
    return line


def run_as_agent(workspace: Path) -> str:
    """What the check says in the agent's run, below a git hook of another repository."""
    done = run("sh", ".claude/checks.sh", cwd=workspace, env={"GIT_DIR": "/nowhere", "GIT_INDEX_FILE": "nothing"})
    assert done.returncode == 0, done
    return said(done.stdout)


def test_checks_get_no_credentials_but_those_given_back_whoever_runs_them(shop: Project) -> None:
    shop.does("modify", "modify", "auth", "--check", SAYS, "--remove-check", "1")
    shop.does("assign", "auth", "implementer-1")
    runs = [run_as_agent(folder(shop, "auth"))]
    shop.does("settings", "checks.env", "NPM_TOKEN", "OTHER_TOKEN")
    runs.append(run_as_agent(folder(shop, "auth")))
    shop.hand_in("auth")
    (check,) = shop.does("complete", "auth")["evidence"]["checks"]
    assert [*runs, said(check["output_tail"])] == ["said: ---Some Dev", "said: n---Some Dev", "said: n---Some Dev"]


def test_a_set_up_command_has_what_private_packages_need(shop: Project) -> None:
    shop.does("settings", "workspace.setup", SAYS)
    shop.does("assign", "auth", "implementer-1")
    assert said(shop.records("workspaces")["auth"]["set_up"]["output_tail"]) == "said: n-m-s-Some Dev"
