"""ATLAS's own Python environment: made in the background, by one process, however many ask for it.

The maker holds a lock while it works, and renames what it made into place at the end, so a half-made one is
never seen. (The scripts inside a renamed environment name the old place; only its packages are used, through
`sys.path`.) The lock is `flock`, which needs no package and ends with its process, however that ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from atlas.core.errors import AtlasError

from . import environment

BACK_OFF_SECONDS = 15
"""For so long after a failure only `atlas env` tries again, so that hooks and scripts do not hammer."""
BUILD_SECONDS = 600
SPARE_BYTES = 4 << 20
"""A disk with less left may have cut files short without anyone saying so."""
_POLL_SECONDS = 0.05
_BUILDING = ".building-"
_FAILED = "failed: "
_CHILD = "import sys; sys.path.insert(0, sys.argv[1]); from atlas.adapters.system.environment_maker import main; main()"
_HINTS = (
    ("ensurepip", "this Python cannot make one: install uv, or python3-venv on Debian and Ubuntu"),
    ("No matching distribution", "the packages cannot be fetched: check the network and pip's settings"),
)


@dataclass(frozen=True)
class State:
    """How the environment stands. `path`: its packages, or the log of making it; `seconds`: for how long."""

    status: Literal["ready", "making", "failed", "missing"]
    path: str
    seconds: int = 0
    reason: str = ""

    def __str__(self) -> str:
        """One line that says what to do about it."""
        what = "ATLAS's Python environment"
        if self.status == "ready":
            return f"{what} is ready: {self.path}"
        if self.status == "missing":
            return f"{what} is not made yet: run `atlas env --wait`"
        if self.status == "failed":
            return f"{what} could not be made: {self.reason}; then run `atlas env --wait` (log: {self.path})"
        before = f" (the last try failed: {self.reason}; log: {self.path})" if self.reason else ""
        then = "run the command again in a moment, or wait with `atlas env --wait`"
        return f"{what} is being prepared since {self.seconds} s: {then}{before}"


def environment_state() -> State:
    """How the environment stands now. Raises AtlasError when the user has no home directory."""
    # Ready is looked for twice: it may have become so just before nobody was seen making it.
    for look in (_ready_state, _making_state, _ready_state, _failed_state):
        found = look()
        if found is not None:
            return found
    return State("missing", _log_path(_target_folder()))


def prepare_environment() -> State:
    """Start making the environment unless it is ready, under way or just failed; returns how it stands.

    Raises AtlasError when the data folder cannot be written.
    """
    now = environment_state()
    if now.status == "missing" or (now.status == "failed" and now.seconds >= BACK_OFF_SECONDS):
        start_maker()
        return State("making", now.path, 0, now.reason)
    return now


def await_environment(seconds: float) -> State:
    """Have the environment made, by this process's child or whoever is at it already; returns it ready.

    Raises AtlasError when it could not be made, or not within `seconds`.
    """
    deadline = time.monotonic() + seconds
    start_maker()
    while (now := environment_state()).status == "making" and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    if now.status != "ready":
        raise AtlasError(str(now))
    return now


def start_maker() -> None:
    """Make the environment in a process that outlives this one, unless it is ready or someone is at it.

    Raises AtlasError when the data folder cannot be written.
    """
    if environment_state().status in ("ready", "making"):
        return
    target = _target_folder()
    try:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with _claim_target(target) as lock:
            if lock is not None and _ready_state() is None:
                _spawn_maker(target, lock)
    except OSError as error:
        where = os.path.dirname(target)
        raise AtlasError(f"cannot make ATLAS's Python environment in {where}: {error.strerror}") from error


def main() -> None:
    """The child that `start_maker` makes; its last argument names the environment, whose lock it holds."""
    target = sys.argv[-1]
    building = f"{target}{_BUILDING}{os.getpid()}"
    try:
        _remove_leftovers(os.path.dirname(target))
        _build_environment(building)
        if os.path.basename(target) != environment.environment_key():
            raise AtlasError("requirements.txt changed meanwhile")
        shutil.rmtree(target, ignore_errors=True)
        os.rename(building, target)
        os.unlink(_log_path(target))
    except (AtlasError, OSError) as error:
        shutil.rmtree(building, ignore_errors=True)
        print(f"{_FAILED}{error}", flush=True)


def _ready_state() -> State | None:
    site = environment.find_packages()
    return State("ready", site) if site else None


def _making_state() -> State | None:
    for folder in environment.environment_folders():
        target = os.path.join(folder, environment.environment_key())
        since = _held_since(target)
        if since is not None:
            return State("making", _log_path(target), _seconds_since(since))
    return None


def _failed_state() -> State | None:
    log = _log_path(_target_folder())
    try:
        since = os.stat(log).st_mtime
        reason = _last_line(log)
    except OSError:
        return None
    reason = reason[len(_FAILED) :] if reason.startswith(_FAILED) else "making it was interrupted"
    return State("failed", log, _seconds_since(since), reason)


def _target_folder() -> str:
    return os.path.join(environment.environment_folders()[0], environment.environment_key())


def _log_path(target: str) -> str:
    return f"{target}.log"


def _lock_path(target: str) -> str:
    return f"{target}.lock"


def _seconds_since(moment: float) -> int:
    return max(0, int(time.time() - moment))


def _last_line(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        lines = [line.strip() for line in file if line.strip()]
    return lines[-1] if lines else ""


def _held_since(target: str) -> float | None:
    """When the maker of `target` that holds its lock began, or None when nobody holds it."""
    try:
        lock = os.open(_lock_path(target), os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return os.fstat(lock).st_mtime
    finally:
        os.close(lock)
    return None


@contextlib.contextmanager
def _claim_target(target: str) -> Iterator[int | None]:
    """The lock of `target` as an open file, or None when another maker holds it."""
    lock = os.open(_lock_path(target), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield lock if _acquire_lock(lock) else None
    finally:
        os.close(lock)


def _acquire_lock(lock: int) -> bool:
    # Those who only look hold the lock for an instant; a maker holds it for seconds.
    for _ in range(10):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.utime(lock)
            return True
        time.sleep(0.01)
    return False


def _spawn_maker(target: str, lock: int) -> None:
    # The child inherits the lock, so nobody can begin between this process's end and the child's start.
    with open(_log_path(target), "wb") as log:
        subprocess.Popen(
            [sys.executable, "-I", "-c", _CHILD, environment.SCRIPTS, target],
            cwd=os.path.dirname(target),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[lock],
            start_new_session=True,
        )


def _remove_leftovers(folder: str) -> None:
    """Remove what killed makers left: of this environment, whose lock is held, or of one nobody makes."""
    for name in os.listdir(folder):
        key, mark, _ = name.partition(_BUILDING)
        if mark and (key == environment.environment_key() or _held_since(os.path.join(folder, key)) is None):
            shutil.rmtree(os.path.join(folder, name), ignore_errors=True)


def _build_environment(building: str) -> None:
    """A complete environment at `building`. Raises AtlasError with the reason."""
    complete = False
    for commands in _build_ways(building):
        shutil.rmtree(building, ignore_errors=True)
        complete = all(_command_succeeds(command) for command in commands)
        if complete:
            break
    if shutil.disk_usage(os.path.dirname(building)).free < SPARE_BYTES:
        raise AtlasError(f"the disk is full: free some space for {os.path.dirname(building)}")
    if not complete or not os.path.isdir(environment.site_packages(building)):
        raise AtlasError(_failure_reason(building.partition(_BUILDING)[0]))


def _build_ways(building: str) -> Iterator[Sequence[Sequence[str]]]:
    """The ways to make an environment, best first: each some commands, one after the other."""
    python = os.path.join(building, "bin", "python")
    uv = shutil.which("uv")
    if uv:
        install = [
            "pip",
            "install",
            "--compile-bytecode",
            "--python",
            python,
            "--requirement",
            environment.REQUIREMENTS,
        ]
        yield [uv, "venv", "--no-project", "--python", sys.executable, building], [uv, *install]
    options = ["--disable-pip-version-check", "--no-input", "--requirement", environment.REQUIREMENTS]
    yield [sys.executable, "-I", "-m", "venv", building], [python, "-I", "-m", "pip", "install", *options]


def _command_succeeds(command: Sequence[str]) -> bool:
    print("$", *command, flush=True)
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, timeout=BUILD_SECONDS, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"error: {error}", flush=True)
        return False


def _failure_reason(target: str) -> str:
    with open(_log_path(target), encoding="utf-8", errors="replace") as file:
        text = file.read()
    for sign, advice in _HINTS:
        if sign in text:
            return advice
    errors = [line for line in text.splitlines() if line.lower().startswith("error")]
    return errors[-1] if errors else "see the log"
