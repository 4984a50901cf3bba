"""What tests share: where things are, running commands, waiting for something to become true."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from hooks.bare import leave_facts

from .envelopes import hold_to_schema
from .unchanged import hold_to_state, state_before

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = ROOT / "scripts"


def _bare_python() -> str:
    """The interpreter under test without any packages: neither the development environment's nor its machine's.

    What a machine's Python imports at each start (`.pth` files do that) would be paid thousands of times.
    """
    if sys.prefix == sys.base_prefix:
        return sys.executable
    real = Path(getattr(sys, "_base_executable", sys.executable))
    folder = Path(sys.prefix) / "bare"
    python = folder / "bin" / "python3"
    if not python.exists():
        python.parent.mkdir(parents=True, exist_ok=True)
        (folder / "pyvenv.cfg").write_text(
            f"home = {real.parent}\ninclude-system-site-packages = false\n", encoding="utf-8"
        )
        with contextlib.suppress(FileExistsError):
            python.symlink_to(real)
    return str(python)


PYTHON = _bare_python()
"""The interpreter under test, with the standard library only."""

ROUNDS = int(os.environ.get("ATLAS_TEST_ROUNDS", "6"))
"""How often a test marked `torture` repeats what it does to the state."""

PACE = 1 if ROUNDS >= 20 else 3
"""Of the steps at which something is killed, the longer runs strike each, the shortest one of these."""

MAESTRO = os.environ.get("ATLAS_TEST_MAESTRO")
"""The address of a real AI Maestro to test with, if any."""

T = TypeVar("T")


def wait_for(condition: Callable[[], T], timeout: float = 30.0) -> T:
    """The first true value of `condition`, polled. Raises AssertionError after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        assert time.monotonic() < deadline, f"still not true after {timeout:.0f} s"
        time.sleep(0.02)
    return value


def run(
    *command: str | os.PathLike[str],
    cwd: str | os.PathLike[str] | None = None,
    env: Mapping[str, str] | None = None,
    stdin: str = "",
    timeout: float = 60.0,
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, without a shell. `env` is added to the tests' own clean environment.

    What a verb answers as JSON is held to the schema of its result, whatever the test looks at, and exit code 1 to its
    meaning: nothing was changed.
    """
    before = state_before(command, cwd, stdin)
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    hold_to_schema(done.stdout)
    hold_to_state(before, done)
    return done


def git(folder: Path, *arguments: str) -> str:
    """The output of a git command in `folder`. Raises AssertionError when git fails."""
    done = run("git", *arguments, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def make_repository(folder: Path) -> Path:
    """`folder` as a new git repository with one commit on `main`."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "README.md").write_text("# Example\n", encoding="utf-8")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=Start")
    return folder


def run_read_only(
    folder: Path, *command: str | os.PathLike[str], env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command that cannot write in `folder`: for root, whom file modes do not stop, a read-only mount."""
    if os.geteuid() == 0:
        mount = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
        return run("unshare", "--mount", "sh", "-c", mount, folder, *command, env=env)
    folder.chmod(0o555)
    try:
        return run(*command, env=env)
    finally:
        folder.chmod(0o755)


def leave_fact(atlas: str | os.PathLike[str], session: str, fact: dict[str, str]) -> None:
    """Spool a fact in ATLAS's folder, as hooks do."""
    leave_facts(os.fspath(atlas), session, [fact])
