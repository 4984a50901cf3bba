"""What of the environment checks get, in ATLAS's run and in the agent's own: the same."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from atlas.core.rules.check_environment import checks_environment, unsetting_script
from tests.support import run

HIDDEN = (
    *("GITHUB_TOKEN", "npm_token", "OPENAI_API_KEY", "api_Key", "MY_SECRET", "SECRETS", "Client_Secret_Id"),
    *("PGPASSWORD", "DB_PASSWORD_FILE", "ANTHROPIC_BASE_URL", "CLAUDE_CODE_SESSION_ID", "claude_x"),
    *("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "SSH_AUTH_SOCK", "ssh_auth_sock"),
)
NEVER = ("ATLAS_PROOF", "ATLAS_SUPERVISED", "GIT_DIR", "GIT_INDEX_FILE", "GIT_CONFIG_PARAMETERS", "GIT_QUARANTINE_PATH")
KEPT = (
    *(
        "HOME",
        "LANG",
        "VIRTUAL_ENV",
        "CI",
        "TOKENS",
        "TOKEN",
        "KEY_ID",
        "KEYBOARD_KEYS",
        "CLAUDECODE",
        "MAWS_X",
        "atlas_x",
    ),
    *("GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_0", "GIT_CONFIG_VALUE_0", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM"),
    *("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "GIT_SSH_COMMAND"),
    *("odd", "_", "name", "failed", "MAWS_X", "atlas_x"),
)
ODD = {"LINES": "x\nPATH=y\nGITHUB_TOKEN=z", "QUOTES": "'\"`$(false)\\", "EMPTY": "", "UMLAUT": "ä\udcff"}


def environment() -> dict[str, str]:
    named = {name: f"of {name}" for name in (*HIDDEN, *NEVER, *KEPT)}
    return {**named, **ODD, "GIT_CONFIG_COUNT": "0", "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}


@pytest.mark.parametrize("given_back", [(), ("GITHUB_TOKEN", "ssh_auth_sock"), ("npm_token", "GIT_DIR", "ATLAS_PROOF")])
def test_both_runs_take_the_same_away(given_back: tuple[str, ...], tmp_path: Path) -> None:
    given = environment()
    expected = given.keys() - {name for name in (*HIDDEN, *NEVER) if name not in given_back or name in NEVER}
    kept = checks_environment(given, given_back)
    assert kept.keys() == expected
    assert kept.items() <= given.items()
    script = tmp_path / "script"
    script.write_text(f"{unsetting_script(given_back)}\nexec env -0\n", encoding="utf-8")
    for shell in ("sh", "bash"):
        done = subprocess.run([shell, str(script)], env=given, capture_output=True, check=True)
        shown = dict(entry.split("=", 1) for entry in os.fsdecode(done.stdout).split("\0") if entry)
        of_the_shell = {"PWD", "OLDPWD", "SHLVL", "_"}
        assert shown.keys() - of_the_shell == expected - of_the_shell
        assert all(shown[name] == given[name] for name in expected - of_the_shell)


def test_what_git_says_is_of_a_repository_is_taken_away() -> None:
    named = run("git", "rev-parse", "--local-env-vars").stdout.split()
    assert len(named) > 10
    assert set(checks_environment(dict.fromkeys(named, "x"), named)) == {"GIT_CONFIG_COUNT"}
