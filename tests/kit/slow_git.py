"""A git that fails, waits or kills its caller at one command, while all else is git's own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import script_of
from tests.support import PYTHON, git, wait_for

from .project import Project

_GIT = """\
#!/bin/sh
for word; do
    if [ "$word" = "$AT" ]; then
        case $DO in
            fail) echo "fatal: cannot do that" >&2; exit 128 ;;
            wait) touch "{here}/reached"; while [ -e "{here}/wait" ]; do sleep 0.02; done ;;
            die) kill -9 $PPID; exit 1 ;;
            die-after) "{real}" "$@"; kill -9 $PPID; exit 1 ;;
        esac
    fi
done
exec "{real}" "$@"
"""


class SlowGit:
    """Runs `complete` with such a git."""

    def __init__(self, project: Project, folder: Path) -> None:
        self._project, self._here = project, folder
        wrapper = folder / "bin" / "git"
        wrapper.parent.mkdir(parents=True)
        wrapper.write_text(_GIT.format(here=folder, real=Path(git(project.folder, "--exec-path"), "git")))
        wrapper.chmod(0o755)

    def complete(self, module: str, at: str, do: str) -> subprocess.CompletedProcess[str]:
        """Complete a module; git shall `fail`, `die` or `die-after` when it is called with the word `at`."""
        return self._project.run("complete", module, env=self._env(at, do))

    def kill(self, module: str, at: str, do: str) -> None:
        """The same, and see that it was killed."""
        assert self.complete(module, at, do).returncode == -signal.SIGKILL

    @contextlib.contextmanager
    def held(self, module: str, at: str) -> Iterator[subprocess.Popen[bytes]]:
        """A completion that waits in git's command `at`, until the context ends; then it goes on to its end."""
        (self._here / "wait").touch()
        process = subprocess.Popen(
            [PYTHON, script_of("complete"), module],
            cwd=self._project.folder,
            env={**os.environ, **self._env(at, "wait")},
            stdout=subprocess.DEVNULL,
        )
        try:
            wait_for((self._here / "reached").exists)
            yield process
        finally:
            (self._here / "wait").unlink()
            process.wait()

    def _env(self, at: str, do: str) -> dict[str, str]:
        return {"PATH": f"{self._here / 'bin'}:{os.environ['PATH']}", "AT": at, "DO": do}
