"""tmux sessions: terminals that go on without anybody looking, and can be attached to."""

from __future__ import annotations

import subprocess

from atlas.core.errors import AtlasError

_SECONDS = 20


def _run_tmux(*arguments: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ["tmux", *arguments], capture_output=True, text=True, errors="replace", timeout=_SECONDS, check=False
        )
    except FileNotFoundError as error:
        raise AtlasError("tmux was not found: install it, or use --headless or --print") from error
    except subprocess.TimeoutExpired as error:
        raise AtlasError(f"tmux {arguments[0]} did not answer within {_SECONDS} s") from error


def start_session(name: str, folder: str, command: list[str], environment: dict[str, str]) -> int:
    """Run a command in a new session; returns the number of its process. Raises AtlasError when that fails."""
    variables = [word for key, value in environment.items() for word in ("-e", f"{key}={value}")]
    done = _run_tmux(
        *("new-session", "-d", "-P", "-F", "#{pane_pid}", "-s", name, "-c", folder, "-x", "200", "-y", "50"),
        *(*variables, "--", *command),
    )
    if done.returncode != 0:
        raise AtlasError(f"tmux could not start {name}: {done.stderr.strip() or 'no message'}")
    return int(done.stdout.strip())


def session_screen(name: str) -> str | None:
    """What the session shows now, or None when there is no such session."""
    done = _run_tmux("capture-pane", "-p", "-t", f"={name}:")
    return done.stdout if done.returncode == 0 else None


def end_session(name: str, pid: int) -> bool:
    """End the session, if it is still the one that runs `pid`; returns whether it was."""
    done = _run_tmux("list-panes", "-t", f"={name}:", "-F", "#{pane_pid}")
    if done.returncode != 0 or str(pid) not in done.stdout.split():
        return False
    return _run_tmux("kill-session", "-t", f"={name}").returncode == 0
